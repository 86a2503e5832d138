"""A page's bytes become validated nodes; one that cannot be understood is set aside, the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from regulars import PlatformError, Rejected, read_json

from regulars_shopify.models import Connection

N = TypeVar("N")
_AS_IT_IS = TypeAdapter(Connection[Any])


@dataclass(frozen=True)
class Listing(Generic[N]):
    """Nodes of one page, those set aside, and the cursor of the next page (None: this was the last)."""

    nodes: list[N]
    rejected: list[Rejected]
    after: str | None


@dataclass(frozen=True)
class Reader(Generic[N]):
    """Reads `data.<path>` of an answer as a connection of `node`s, which are records of a `kind`.

    `whole` validates a page at a stroke; only where that fails is it taken apart.
    """

    kind: str
    path: tuple[str, ...]
    whole: TypeAdapter[Any]
    node: TypeAdapter[N]

    def read(self, body: bytes, where: str) -> Listing[N]:
        """The page. Raises PlatformError where it is not JSON or holds no such connection."""
        try:
            found: Any = self.whole.validate_json(body)["data"]
        except ValidationError:
            return self._taken_apart(body, where)
        for step in self.path:
            found = found[step]
        connection: Connection[N] = found
        return Listing(connection["nodes"], [], after(connection))

    def _taken_apart(self, body: bytes, where: str) -> Listing[N]:
        raws = self._connection(body, where)
        good: list[N] = []
        rejected: list[Rejected] = []
        for raw in raws["nodes"]:
            try:
                good.append(self.node.validate_python(raw))
            except ValidationError as fault:
                rejected.append(Rejected(self.kind, _id(raw), _reason(fault), json.dumps(raw)))
        return Listing(good, rejected, after(raws))

    def _connection(self, body: bytes, where: str) -> Connection[Any]:
        hint = "Nothing of this page was stored; the next run reads it again"
        try:
            found: Any = read_json(body)["data"]
            for step in self.path:
                found = found[step]
            return _AS_IT_IS.validate_python(found)
        except (KeyError, TypeError, ValidationError):
            what = f"the answer holds no page of {self.path[-1]}"
        except ValueError as fault:
            what = f"the answer is not JSON ({fault}; {len(body)} bytes)"
        raise PlatformError(what, where=where, hint=hint)


@dataclass(frozen=True)
class Lines(Generic[N]):
    """Reads lines of JSON as nodes, which are records of a `kind`; all at a stroke where that goes."""

    kind: str
    many: TypeAdapter[list[N]]
    one: TypeAdapter[N]

    def read(self, lines: Sequence[bytes]) -> Listing[N]:
        """The nodes, and those set aside."""
        try:
            return Listing(self.many.validate_json(b"[%b]" % b",".join(lines)), [], None)
        except ValidationError:
            return self._one_by_one(lines)

    def _one_by_one(self, lines: Sequence[bytes]) -> Listing[N]:
        good: list[N] = []
        rejected: list[Rejected] = []
        for line in lines:
            try:
                good.append(self.one.validate_python(read_json(line)))
            except ValidationError as fault:
                rejected.append(Rejected(self.kind, _id(read_json(line)), _reason(fault), line.decode()))
        return Listing(good, rejected, None)


def after(connection: Connection[Any]) -> str | None:
    """The cursor of the next page, None where this is the last."""
    return connection["endCursor"] if connection["hasNextPage"] else None


def _id(raw: Any) -> str:
    return str(raw.get("id", "?")) if isinstance(raw, Mapping) else "?"


def _reason(fault: ValidationError) -> str:
    first = fault.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
