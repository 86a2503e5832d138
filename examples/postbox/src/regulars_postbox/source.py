"""Reading Postbox: one stream, by the time of the last change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from regulars import Http, Page, Secret, by_time

from regulars_postbox.rows import consent, person

OVERLAP = timedelta(minutes=5)  # Postbox's servers' clocks differ by a little


class Readers:
    """The source."""

    def __init__(self, http: Http, key: Secret) -> None:
        self._http, self._headers = http, {"X-Api-Key": key}

    def streams(self) -> Sequence[str]:
        return ("readers",)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:  # noqa: ARG002 - there is but one
        return by_time(self._changed, cursor, now=self._http.clock.now(), overlap=OVERLAP)

    def _changed(self, since: datetime | None, until: datetime, resume: str | None) -> Iterator[tuple[Page, str]]:
        window = {"until": until.isoformat()} | ({"since": since.isoformat()} if since else {})
        while rows := self._rows({**window, "after": resume or ""}):
            resume = str(rows[-1]["id"])
            yield Page({"person": [*map(person, rows)], "consent": [*map(consent, rows)]}), resume

    def _rows(self, params: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._http.request("GET", "/readers", params=params, headers=self._headers)
        rows: list[dict[str, Any]] = answer.json()
        return rows
