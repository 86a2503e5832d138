"""Reading an audience: changed members, changed archived members, once a week who is still there, what became of
campaigns, and, where Mailchimp is the only source of them, orders.

Facts used (vendor specification and live probes by third parties): archived members appear only where asked for;
a member deleted for good just vanishes; a change is read when its second is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from regulars import Http, Page, Record, Rejected, by_time, full_compare

from regulars_mailchimp import groups
from regulars_mailchimp.activity import Activity
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.groups import Interest
from regulars_mailchimp.listing import Listing, as_text
from regulars_mailchimp.models import ASKED, FURTHER
from regulars_mailchimp.orders import Orders
from regulars_mailchimp.rows import Reader, said
from regulars_mailchimp.settings import MailchimpSettings
from regulars_mailchimp.sweep import SECOND, Sweep

_OVERLAP = timedelta(minutes=5)  # their clock and ours may differ
_PRESENCE = timedelta(days=7)
_NOT_UNDERSTOOD = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
_SWEEPS = ("members", "archived", "again")


class MailchimpSource:
    """One audience. `extra` names member properties beside the merge fields that the client mapped."""

    def __init__(self, settings: MailchimpSettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._extra = MailchimpClient(settings, http), tuple(extra)
        self._activity = Activity(self._client, settings.audience, settings.reports_days)
        self._orders = Orders(self._client, settings.audience) if settings.orders else None

    @property
    def _now(self) -> datetime:
        """The last second that is wholly over."""
        return self._client.clock.now().replace(microsecond=0) - SECOND

    def streams(self) -> Sequence[str]:
        reports = ("activity",) if self._activity.days else ()
        orders = ("orders",) if self._orders else ()
        return ("members", "archived", "presence", *reports, "complaints", *orders)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        match stream:
            case "presence":
                return self._presence(cursor)
            case "activity":
                return self._activity.pages(cursor, self._now)
            case "complaints":
                return self._activity.complaints(self._now)
            case "orders" if self._orders:
                return self._orders.pages(cursor)
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
        """Pages of one sweep, each with the instant after which to go on."""
        for found, moved in Sweep(self._client, self._listing, status, until).pages(since):
            yield self._page(found), moved.isoformat() if moved else ""

    @cached_property
    def _reader(self) -> Reader:
        return Reader(lambda row: self._client.all_tags(row.id), self._extra, lambda: self._interests)

    @cached_property
    def _interests(self) -> Mapping[str, Interest]:
        return {interest.id: interest for interest in groups.interests(self._client)}

    @cached_property
    def _listing(self) -> Listing:
        """With the properties that Mailchimp is asked for; the rest of a member is links and statistics."""
        mapped = [name.partition(".")[0] for name in self._extra]
        asked = dict.fromkeys((*ASKED, *(name for name in mapped if name in FURTHER)))
        asked |= {"location" if "location" in mapped else "location.country_code": None}
        return Listing(list(asked))

    def _page(self, found: Sequence[Any]) -> Page:
        """The page's records. A row that cannot be understood is found by trying each alone. Its person is set
        aside; what it says of consent is read where that much is plain."""
        try:
            return Page(self._reader.page(found))
        except _NOT_UNDERSTOOD:
            return self._one_by_one(found)

    def _one_by_one(self, found: Sequence[Any]) -> Page:
        rows: dict[str, list[Record]] = {"person": [], "consent": [], "deletion": [], "bounce": []}
        rejected: list[Rejected] = []
        for row in map(self._listing.alone, found):
            try:
                of_one = self._reader.page([row])
            except _NOT_UNDERSTOOD as fault:
                rejected.append(_rejected(row, fault))
                of_one = _said(row)
            for kind, records in of_one.items():
                rows[kind] += records
        return Page(rows, rejected=rejected)


def _said(row: Any) -> dict[str, Sequence[Record]]:
    """What a row that is set aside still says of consent; nothing where not even that is plain."""
    try:
        return said(row)
    except _NOT_UNDERSTOOD:
        return {}


def _rejected(row: Any, fault: Exception) -> Rejected:
    named = getattr(row, "contact_id", None)
    why = str(fault) if type(fault) is ValueError else f"{type(fault).__name__}: {fault}"
    return Rejected("person", str(named or ""), why, as_text(row))
