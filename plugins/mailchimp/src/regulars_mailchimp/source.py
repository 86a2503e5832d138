"""Reading an audience: changed members, changed archived members, and once a week who is still there.

Facts used (vendor specification and live probes by third parties): `since_last_changed` is exclusive and
`before_last_changed` inclusive, both to the second, so that only whole elapsed seconds are read; archived
members appear only where asked for; a member deleted for good just vanishes; a page may be shorter than
`total_items` promises, and a short page is the last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from regulars import Http, Page, PlatformError, Rejected, by_time, full_compare

from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.models import ASKED, FURTHER, Member
from regulars_mailchimp.rows import bounce, consent, person
from regulars_mailchimp.settings import MailchimpSettings

PAGE = 1000
_SECOND = timedelta(seconds=1)
_OVERLAP = timedelta(minutes=5)  # their clock and ours may differ
_PRESENCE = timedelta(days=7)
_BESIDE = 100  # rows read again where many share one second, so that one that leaves hides none


class MailchimpSource:
    """One audience. `extra` names member properties beside the merge fields that the client mapped."""

    def __init__(self, settings: MailchimpSettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._extra = MailchimpClient(settings, http), tuple(extra)

    @property
    def _now(self) -> datetime:
        """The last second that is wholly over."""
        return self._client.clock.now().replace(microsecond=0) - _SECOND

    def streams(self) -> Sequence[str]:
        return ("members", "archived", "presence")

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        if stream == "presence":
            return self._presence(cursor)
        status = "archived" if stream == "archived" else ""

        def read(since: datetime | None, until: datetime, resume: str | None) -> Iterator[tuple[Page, str]]:
            start = datetime.fromisoformat(resume) if resume else since
            return self._sweep(status, start, until)

        return by_time(read, cursor, now=self._now, overlap=_OVERLAP)

    def _presence(self, cursor: str | None) -> Iterator[Page]:
        """Everybody, once a week: who is not there any more was deleted for good. The first week begins
        when the connection does, because `members` and `archived` have then just read everybody."""
        state: dict[str, Any] = json.loads(cursor) if cursor else {}
        done = state.get("done")
        if done is None:
            yield Page({}, json.dumps({"done": self._now.isoformat()}))
            return
        if "pass" not in state and self._now - datetime.fromisoformat(done) < _PRESENCE:
            return
        for page in full_compare(self._everybody, state.get("pass"), ("person",)):
            kept = {"done": self._now.isoformat()} if page.complete else {"done": done, "pass": page.cursor}
            yield replace(page, cursor=json.dumps(kept))

    def _everybody(self, resume: str | None) -> Iterator[tuple[Page, str]]:
        """Both sweeps without an end, so that who changes meanwhile comes again at the end."""
        sweep, _, since = (resume or "").partition(" ")
        start = datetime.fromisoformat(since) if since else None
        for status in ("archived",) if sweep == "archived" else ("", "archived"):
            for page, token in self._sweep(status, start, None):
                people = {"person": page.rows["person"]}
                yield Page(people, rejected=page.rejected), f"{status or 'members'} {token}"
            start = None

    def _sweep(self, status: str, since: datetime | None, until: datetime | None) -> Iterator[tuple[Page, str]]:
        """Pages of one sweep, oldest change first, each with the instant after which to go on.

        The next page begins one second before the last row, not at an offset: a member that changes
        meanwhile leaves its place, and an offset would then step over its neighbour. Only where one
        second fills a whole page an offset goes on inside it. Rows that come twice do no harm.
        """
        offset = 0
        while True:
            rows = self._rows(status, since, until, offset)
            found, rejected = self._understand(rows)
            last = found[-1].last_changed - _SECOND if found else since
            further = last is not None and (since is None or last > since)
            if further:
                since = last
            yield self._page(found, rejected), since.isoformat() if since else ""
            if len(rows) < PAGE:
                return
            offset = 0 if further else offset + PAGE - _BESIDE

    def _rows(self, status: str, since: datetime | None, until: datetime | None, offset: int) -> list[Any]:
        params: dict[str, str | int] = {
            "count": PAGE,
            "offset": offset,
            "sort_field": "last_changed",
            "sort_dir": "ASC",
            "fields": ",".join(["total_items", *(f"members.{name}" for name in self._asked())]),
        }
        if status:
            params["status"] = status
        if since:
            params["since_last_changed"] = since.isoformat()
        if until:
            params["before_last_changed"] = until.isoformat()
        where = f"{self._client.list}/members"
        body = self._client.get(where, **params)
        rows = body.get("members")
        if not isinstance(rows, list) or (not rows and not offset and body.get("total_items")):
            raise PlatformError("the answer lists no members", where=where, hint="Try again later")
        return rows

    def _asked(self) -> list[str]:
        mapped = (name.partition(".")[0] for name in self._extra)
        return list(dict.fromkeys((*ASKED, *(name for name in mapped if name in FURTHER))))

    def _understand(self, rows: Sequence[Any]) -> tuple[list[Member], list[Rejected]]:
        found, rejected = [], []
        for row in rows:
            try:
                found.append(Member.model_validate(row))
            except ValidationError as fault:
                named = row.get("contact_id") if isinstance(row, dict) else None
                reason = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors())
                rejected.append(Rejected("person", str(named or ""), reason, json.dumps(row)))
        return found, rejected

    def _page(self, members: Sequence[Member], rejected: Sequence[Rejected]) -> Page:
        people = [person(member, self._client.tags(member), self._extra) for member in members]
        bounces = [row for member in members if (row := bounce(member)) is not None]
        consents = [consent(member) for member in members]
        return Page({"person": people, "consent": consents, "bounce": bounces}, rejected=rejected)
