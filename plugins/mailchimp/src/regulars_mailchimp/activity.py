"""What became of campaigns: sent, opened, clicked, bounced, unsubscribed, complained.

Facts used (vendor specification; live probes by third parties): a campaign's report tells its last open and
click, but bounces and unsubscriptions move neither and come minutes to days late, so that a campaign is read
anew for five days; `since` is exclusive; rows come in no steady order, so that no cursor may hang on a row: a
campaign is read whole, again and again until everybody whom `total_items` promises was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import md5
from typing import Any

from pydantic import BaseModel, ValidationError
from regulars import Bounce, Page, Record, Rejected, Touch, by_time

from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.gathering import Gathering
from regulars_mailchimp.models import Changed, Instant
from regulars_mailchimp.rows import instant

LATE = timedelta(days=5)
"""How long after its sending a campaign is read anew, whatever its report says."""
_KINDS = ("open", "click")
_NOT_UNDERSTOOD = (AttributeError, KeyError, OverflowError, TypeError, ValueError)

Row = Mapping[str, Any]


class Report(BaseModel):
    """The head of a campaign's report."""

    id: str
    list_id: str = ""
    campaign_title: str = ""
    subject_line: str = ""
    send_time: Changed
    rss_last_send: Instant = None
    unsubscribed: int = 0
    opens: Mapping[str, Any] = {}
    clicks: Mapping[str, Any] = {}

    @property
    def sent_at(self) -> datetime:
        """When it was sent last."""
        return self.rss_last_send or self.send_time

    @property
    def name(self) -> str:
        """What people call it."""
        return self.campaign_title or self.subject_line or self.id

    def moved_since(self, since: datetime) -> bool:
        """Whether it was sent, opened or clicked after `since`, or may have been: nobody understands when."""
        last = (self.opens.get("last_open"), self.clicks.get("last_click"))
        try:
            at = [self.sent_at, *(instant(text) for text in last if text)]
        except _NOT_UNDERSTOOD:
            return True
        return any(instant > since for instant in at)


@dataclass(frozen=True)
class Activity:
    """Reports of one audience's campaigns that were sent within `days`."""

    client: MailchimpClient
    audience: str
    days: int

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """Touches and bounces, campaign by campaign, oldest first."""

        def read(since: datetime | None, until: datetime, resume: str | None) -> Iterator[tuple[Page, str]]:
            before = resume or ""
            due, rejected = self._due(since, until)
            if rejected:
                yield Page({}, rejected=rejected), before
            for report in due:
                token = f"{report.send_time:%Y%m%d%H%M%S} {report.id}"
                if token > before:
                    yield from self._campaign(report, since, token)

        return by_time(read, cursor, now=now, overlap=LATE)

    def complaints(self, now: datetime) -> Iterator[Page]:
        """All abuse reports: they are few, and nothing says which are new."""
        path = f"{self.client.list}/abuse-reports"
        asked = "id,campaign_id,email_id,email_address,date"
        for rows in self._rows(path, "abuse_reports", "id", asked):
            yield _each("bounce", _complaint, rows, lambda row: f"complaint:{row.get('id')}")
        yield Page({}, now.isoformat())

    def _due(self, since: datetime | None, until: datetime) -> tuple[list[Report], list[Rejected]]:
        """Campaigns with anything new, oldest first, and those that nobody understands."""
        asked = "id,list_id,campaign_title,subject_line,send_time,rss_last_send,unsubscribed"
        asked += ",opens.last_open,clicks.last_click"
        horizon = (until - timedelta(days=self.days)).isoformat()
        found = self._rows("reports", "reports", "id", asked, since_send_time=horizon)
        rejected: list[Rejected] = []
        due: list[Report] = []
        for row in (row for rows in found for row in rows if row.get("send_time")):
            try:
                report = Report.model_validate(row)
            except ValidationError as fault:
                if row.get("list_id") == self.audience:
                    first = fault.errors()[0]
                    why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
                    rejected.append(Rejected("touch", f"{row.get('id')}:report", why, str(row)))
                continue
            mine = report.list_id == self.audience and report.send_time <= until
            if mine and (since is None or report.moved_since(since)):
                due.append(report)
        return sorted(due, key=lambda report: (report.send_time, report.id)), rejected

    def _campaign(self, report: Report, since: datetime | None, token: str) -> Iterator[tuple[Page, str]]:
        """One campaign; its token stands on the last page alone, because the others are no whole."""
        where = f"reports/{report.id}"
        if since is None or report.sent_at > since:
            for rows in self._rows(f"{where}/sent-to", "sent_to", "email_id", "email_id,email_address"):
                yield Page({"touch": [_sent(report, row) for row in rows]}), ""
        if report.unsubscribed:
            asked = "email_id,email_address,timestamp"
            for rows in self._rows(f"{where}/unsubscribed", "unsubscribes", "email_id", asked):
                yield _each("touch", partial(_unsubscribed, report), rows, partial(_place, report)), ""
        limits = {"since": since.isoformat()} if since else {}
        asked = "email_id,email_address,activity"
        for rows in self._rows(f"{where}/email-activity", "emails", "email_id", asked, **limits):
            yield _events(report, rows), ""
        yield Page({}), token

    def _rows(self, path: str, name: str, key: str, asked: str, **limits: str) -> Iterator[list[dict[str, Any]]]:
        return Gathering(self.client, path, name, key, asked, **limits).pages()


def _each(
    kind: str, record: Callable[[Row], Record], rows: list[dict[str, Any]], name: Callable[[Row], str]
) -> Page:
    """A record of each row; a row that cannot be understood is set aside under its name."""
    found: list[Record] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            found.append(record(row))
        except _NOT_UNDERSTOOD as fault:
            rejected.append(_rejected(kind, name(row), fault, row))
    return Page({kind: found}, rejected=rejected)


def _rejected(kind: str, name: str, fault: Exception, raw: Row) -> Rejected:
    return Rejected(kind, name, f"{type(fault).__name__}: {fault}", str(raw))


def _place(report: Report, row: Row) -> str:
    """Under which name a row of the report is set aside."""
    return f"{report.id}:{row.get('email_id')}"


def _events(report: Report, rows: list[dict[str, Any]]) -> Page:
    touches: list[Touch] = []
    bounces: list[Bounce] = []
    rejected: list[Rejected] = []
    for row in rows:
        for action in row.get("activity") or ():
            try:
                if action["action"] == "bounce":
                    bounces.append(_bounce(report, row, action))
                elif action["action"] in _KINDS:
                    touches.append(_touch(report, row, action))
            except _NOT_UNDERSTOOD as fault:
                rejected.append(_rejected("touch", _place(report, row), fault, action))
    # The same event may be told twice within a second; it is one.
    unique = {touch["id"]: touch for touch in touches}
    return Page({"touch": list(unique.values()), "bounce": bounces}, rejected=rejected)


def _touch(report: Report, row: Row, action: Row) -> Touch:
    at = instant(action["timestamp"])
    url = action.get("url") or ""
    place = f":{md5(url.encode(), usedforsecurity=False).hexdigest()[:8]}" if url else ""
    return _made(report, row, action["action"], at, f":{int(at.timestamp())}{place}")


def _sent(report: Report, row: Row) -> Touch:
    return _made(report, row, "sent", report.send_time)


def _unsubscribed(report: Report, row: Row) -> Touch:
    at = row.get("timestamp")
    return _made(report, row, "unsubscribe", instant(at) if at else report.send_time)


def _made(report: Report, row: Row, kind: str, at: datetime, which: str = "") -> Touch:
    """Reports know addresses, not contact_ids: the person is found by the address."""
    return Touch(
        id=f"{report.id}:{row.get('email_id')}:{kind}{which}",
        updated_at=at,
        person_id=None,
        email=row.get("email_address") or None,
        kind=kind,
        at=at,
        channel="email",
        campaign=report.name,
        department="marketing",
        media="owned",
    )


def _bounce(report: Report, row: Row, action: Row) -> Bounce:
    at = instant(action["timestamp"])
    kind = "hard" if action.get("type") == "hard" else "soft"
    return Bounce(
        id=f"{report.id}:{row.get('email_id')}:{kind}:{int(at.timestamp())}",
        updated_at=at,
        person_id=None,
        email=_address(row),
        kind=kind,
        reason=f"campaign {report.name}",
        at=at,
    )


def _address(row: Row) -> str:
    """Whose mail it was. Raises ValueError where nobody is named: a bounce belongs to an address."""
    email = row.get("email_address")
    if not email or not isinstance(email, str):
        raise ValueError("no address")
    return email


def _complaint(row: Row) -> Bounce:
    at = instant(row["date"])
    return Bounce(
        id=f"complaint:{row['id']}",
        updated_at=at,
        person_id=None,
        email=_address(row),
        kind="complaint",
        reason=f"called campaign {row.get('campaign_id')} spam",
        at=at,
    )
