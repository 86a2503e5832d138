"""Postbox, an imaginary newsletter service, for Regulars: its readers, and what they said to mail."""

from collections.abc import Callable, Iterator
from datetime import datetime

import regulars as r
from pydantic import Field

from regulars_postbox.sandbox import PostboxSandbox

HOST = "api.postbox.example"
STATES = {"active": "subscribed", "left": "unsubscribed", "waiting": "pending", "spam": "complained"}


class PostboxSettings(r.Settings):
    """What a client writes under its connection."""

    api_key: r.Secret = Field(description="API key from Account > Keys; one that may only read is enough")


def check(settings: PostboxSettings, http: r.Http) -> r.CheckReport:
    """Who we are there."""
    account = http.request("GET", "/account", headers={"X-Api-Key": settings.api_key}).json()
    return r.CheckReport(account["id"], account["name"])


def discover(settings: PostboxSettings, http: r.Http) -> r.Discovery:
    """What the account holds: its fields, and how many of the first readers have a value there."""
    rows = http.request("GET", "/readers", headers={"X-Api-Key": settings.api_key}).json()
    share = {name: sum(bool(row[name]) for row in rows) / max(1, len(rows)) for name in ("email", "name")}
    fields = tuple(r.FoundField(name, "text", filled=filled) for name, filled in share.items())
    return r.Discovery(fields=fields, sampled=len(rows))


def records(row: dict[str, str]) -> tuple[r.Record, r.Record]:
    """Who a reader is, and what they said: a word we do not know is no consent."""
    at, state = datetime.fromisoformat(row["changed_at"]), STATES.get(row["state"], "unknown")
    said = {"person_id": row["id"], "address": row["email"], "channel": "email", "state": state}
    person = r.record("person", id=row["id"], updated_at=at, email=row["email"], first_name=row["name"])
    return person, r.record("consent", id=row["id"], updated_at=at, **said)


class Readers:
    """A stream is a path. Postbox numbers its changes: the last number on a page is its cursor."""

    def __init__(self, settings: PostboxSettings, http: r.Http, _extra: object) -> None:
        self._http, self._key = http, {"X-Api-Key": settings.api_key}

    def streams(self) -> tuple[str, ...]:
        return ("readers",)

    def pages(self, stream: str, cursor: str | None) -> Iterator[r.Page]:
        while rows := self._http.request("GET", stream, params={"after": cursor or 0}, headers=self._key).json():
            people, consents = zip(*map(records, rows), strict=True)
            cursor = rows[-1]["change"]
            yield r.Page({"person": people, "consent": consents}, cursor)


POLICY = r.RequestPolicy("Postbox", f"https://{HOST}", frozenset({HOST}), r.judge_by_status)
CONNECTOR = r.Connector(
    "postbox", "Postbox", "mail", "1", PostboxSettings, lambda _: POLICY, check, Readers,
    discover=discover, sandbox=PostboxSandbox,
)  # fmt: skip


@r.hookimpl
def register_connectors(register: Callable[[r.Connector], None]) -> None:
    """Bring `postbox`."""
    register(CONNECTOR)
