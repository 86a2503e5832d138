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
from functools import partial
from typing import Any

from pydantic import ValidationError
from regulars import Http, Page, PlatformError, Rejected, by_time, full_compare

from regulars_mailchimp.activity import Activity
from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.models import ASKED, FURTHER, Member
from regulars_mailchimp.rows import bounce, consent, person
from regulars_mailchimp.settings import MailchimpSettings

_SECOND = timedelta(seconds=1)
_OVERLAP = timedelta(minutes=5)  # their clock and ours may differ
_PRESENCE = timedelta(days=7)
_SWEEPS = ("members", "archived", "again")
_BESIDE = 100  # rows by which pages overlap where many members share one second


class MailchimpSource:
    """One audience. `extra` names member properties beside the merge fields that the client mapped."""

    def __init__(self, settings: MailchimpSettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._extra = MailchimpClient(settings, http), tuple(extra)
        self._activity = Activity(self._client, settings.audience, settings.reports_days)

    @property
    def _now(self) -> datetime:
        """The last second that is wholly over."""
        return self._client.clock.now().replace(microsecond=0) - _SECOND

    def streams(self) -> Sequence[str]:
        reports = ("activity", "complaints") if self._activity.days else ("complaints",)
        return ("members", "archived", "presence", *reports)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        if stream == "presence":
            return self._presence(cursor)
        if stream == "activity":
            return self._activity.pages(cursor, self._now)
        if stream == "complaints":
            return self._activity.complaints(self._now)
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
        begun = state.get("begun") or (self._now - _OVERLAP).isoformat()
        unread = bool(state.get("unread"))
        everybody = partial(self._everybody, datetime.fromisoformat(begun))
        for page in full_compare(everybody, state.get("pass"), ("person",)):
            unread = unread or bool(page.rejected)
            if page.complete:
                # Whoever could not be understood is still there, so that such a pass proves nothing.
                last = replace(page, complete=() if unread else page.complete)
                yield replace(last, cursor=json.dumps({"done": self._now.isoformat()}))
                return
            kept = {"done": done, "begun": begun, "unread": unread, "pass": page.cursor}
            yield replace(page, cursor=json.dumps(kept))

    def _everybody(self, begun: datetime, resume: str | None) -> Iterator[tuple[Page, str]]:
        """All sweeps without an end, so that who changes meanwhile comes again at the end. The third
        finds who left the archive after the first and before the second."""
        name, _, since = (resume or f"{_SWEEPS[0]} ").partition(" ")
        for sweep in _SWEEPS[_SWEEPS.index(name) :]:
            start = datetime.fromisoformat(since) if since else begun if sweep == "again" else None
            for page, token in self._sweep("archived" if sweep == "archived" else "", start, None):
                yield Page({"person": page.rows["person"]}, rejected=page.rejected), f"{sweep} {token}"
            since = ""

    def _sweep(self, status: str, since: datetime | None, until: datetime | None) -> Iterator[tuple[Page, str]]:
        """Pages of one sweep, oldest change first, each with the instant after which to go on.

        The next page begins one second before the last row, not at an offset: a member that changes
        meanwhile leaves its place, and an offset would then step over its neighbour. Only where one
        second fills a whole page an offset goes on inside it, so that pages overlap; where they do not,
        too many have left, and it steps back. Rows that come twice do no harm.
        """
        offset, seen = 0, set[str]()
        while True:
            rows = self._rows(status, since, until, offset)
            names = {_name(row) for row in rows}
            if offset and not seen & names:
                offset = max(0, offset - PAGE + _BESIDE)
                continue
            found, rejected = self._understand(rows)
            last = found[-1].last_changed - _SECOND if found else since
            further = last is not None and (since is None or last > since)
            if further:
                since = last
            yield self._page(found, rejected), since.isoformat() if since else ""
            if len(rows) < PAGE:
                return
            offset, seen = (0, set()) if further else (offset + PAGE - _BESIDE, seen | names)

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


def _name(row: Any) -> str:
    """What a row is known by, even one that nobody understands."""
    named = row.get("contact_id") if isinstance(row, dict) else None
    return str(named or json.dumps(row))
