"""A Singer tap doing the read, in its own environment:
`python -m benchmarks.connectors.tap_read READ URL ACCESS MODE` with MODE `read` or `ids`.

The published taps for these platforms fix their address in their code, so that this is the least tap that
Singer's own SDK asks for: one REST stream with a replication key and its address from the configuration.
Its messages are written as a tap writes them, to nowhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator

from benchmarks.connectors.endpoints import Endpoint, endpoint
from benchmarks.connectors.meter import compared, measured


class Pages(BaseAPIPaginator):
    """The token of the next page, or the offset where there is none."""

    def __init__(self, at: Endpoint) -> None:
        super().__init__(None)
        self._at = at

    def get_next(self, response: requests.Response) -> Any:
        body = response.json()
        if self._at.cursor is None:
            full = len(body[self._at.rows]) == self._at.page
            return (self.current_value or 0) + self._at.page if full else None
        *way, name = self._at.cursor.split(".")
        found = _inside(body, way) or {}
        return found.get(name) if found.get("hasNextPage", True) else None


class Rows(RESTStream):
    """The read as a stream; `at`, `known` and `ids` are set on a class made for one read."""

    name = "rows"
    at: Endpoint
    known: Sequence[str]
    ids: list[str]

    @property
    def http_headers(self) -> dict[str, str]:
        return self.at.headers

    @property
    def url_base(self) -> str:
        return str(self.config["api_url"])

    def get_new_paginator(self) -> Pages:
        return Pages(self.at)

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002
        if self.at.cursor is None:
            return {**self.at.params, "count": self.at.page, "offset": next_page_token or 0}
        token = {self.at.after: next_page_token} if next_page_token and not self.at.json else {}
        return {**self.at.params, **token}

    def prepare_request_payload(self, context: Any, next_page_token: Any) -> Any:  # noqa: ARG002
        if self.at.json is None or not next_page_token:
            return self.at.json
        if "variables" not in self.at.json:
            return {**self.at.json, "after": next_page_token}
        return {**self.at.json, "variables": {**self.at.json["variables"], "after": next_page_token}}

    def post_process(self, row: Any, context: Any = None) -> Any:  # noqa: ARG002
        self.ids.append(row[self.at.key])
        return row


def tap_of(at: Endpoint, url: str) -> tuple[Tap, list[str]]:
    """The tap, and the list that its rows' ids go to. The schema names what the first page shows, of any
    type but for the key and the time of change: Singer does least with that."""
    first = requests.request(
        at.method, f"{url}/{at.path}", json=at.json, params=at.params, headers=at.headers, timeout=60
    )
    shown = {name: None for row in _inside(first.json(), at.rows.split(".")) for name in row}
    typed = {at.key: th.StringType, at.changed: th.DateTimeType}
    any_type = th.CustomType({"type": ["string", "number", "boolean", "object", "array", "null"]})
    properties = [th.Property(name, typed.get(name, any_type)) for name in shown]
    stream = type(
        "ReadRows",
        (Rows,),
        {
            "at": at, "ids": [], "path": f"/{at.path}", "http_method": at.method, "primary_keys": [at.key],
            "replication_key": at.changed, "records_jsonpath": f"$.{at.rows}[*]",
            "schema": th.PropertiesList(*properties).to_dict(),
        },
    )  # fmt: skip

    class ReadTap(Tap):
        name = "tap-read"
        config_jsonschema = th.PropertiesList(th.Property("api_url", th.StringType)).to_dict()

        def discover_streams(self) -> list[Any]:
            return [stream(tap=self)]

    return ReadTap(config={"api_url": url}), stream.ids


def _inside(body: Any, way: Sequence[str]) -> Any:
    for step in way:
        body = body.get(step, {})
    return body


@contextmanager
def _nowhere() -> Iterator[None]:
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def main() -> None:
    name, url, access, mode = sys.argv[1:]
    at = endpoint(name, access)

    def ids(place: str) -> list[str]:
        with _nowhere():
            tap, found = tap_of(at, place)
            tap.sync_all()
        return found

    if mode == "ids":
        compared(ids(url))
    else:
        measured(lambda place: len(ids(place)), url, at.warm)


if __name__ == "__main__":
    main()
