"""Lists (segments) of contacts and who is in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

from regulars_hubspot.sandbox.objects import stamp
from regulars_hubspot.sandbox.problem import Body, Problem, invalid, not_found

_KINDS = ("MANUAL", "SNAPSHOT", "DYNAMIC")


class Lists:
    """Lists by id; members with the instant at which they joined."""

    def __init__(self) -> None:
        self.rows: dict[str, Body] = {}
        self.members: dict[str, dict[str, str]] = {}
        self.deleted: dict[str, Body] = {}
        self._next = 1

    def create(self, asked: Body, now: datetime) -> Body:
        """A new list. Its name is unique in the portal."""
        name, kind = asked.get("name"), asked.get("processingType")
        if not name or not asked.get("objectTypeId") or kind not in _KINDS:
            raise invalid("A list needs a name, an objectTypeId and a processingType")
        if any(row["name"] == name for row in self.rows.values()):
            raise _taken(name)
        row: Body = {
            "listId": str(self._next),
            "listVersion": 1,
            "name": name,
            "objectTypeId": asked["objectTypeId"],
            "processingType": kind,
            "processingStatus": "COMPLETE",
            "createdAt": stamp(now),
            "updatedAt": stamp(now),
        }
        self._next += 1
        self.rows[row["listId"]], self.members[row["listId"]] = row, {}
        return self.view(row)

    def view(self, row: Body) -> Body:
        """A list as an answer."""
        return {**row, "size": len(self.members[row["listId"]])}

    def get(self, key: str) -> Body:
        """A list by id. Raises 404."""
        if key not in self.rows:
            raise not_found(f"List does not exist with ID {key}.")
        return self.rows[key]

    def named(self, name: str) -> Body:
        """A list by its exact name. Raises 404."""
        for row in self.rows.values():
            if row["name"] == name:
                return row
        raise not_found(f"List does not exist with name {name}.")

    def search(self, asked: Body) -> Body:
        """Lists whose name contains the query."""
        query, offset = str(asked.get("query") or "").lower(), int(asked.get("offset") or 0)
        count, kinds = min(int(asked.get("count") or 20), 500), asked.get("processingTypes")
        found = [
            row
            for row in self.rows.values()
            if query in row["name"].lower() and (not kinds or row["processingType"] in kinds)
        ]
        page = found[offset : offset + count]
        end = offset + len(page)
        return {
            "lists": [self._found(row, asked.get("additionalProperties") or ()) for row in page],
            "hasMore": end < len(found),
            "offset": end,
            "total": len(found),
        }

    def _found(self, row: Body, wanted: Sequence[str]) -> Body:
        """A list as search shows it: its size only where it was asked for, and as a text."""
        seen = {name: value for name, value in row.items() if name != "size"}
        size = {"hs_list_size": str(len(self.members[row["listId"]]))}
        return {**seen, "additionalProperties": {n: v for n, v in size.items() if n in wanted}}

    def change(self, key: str, add: Any, remove: Any, known: Container[str], now: datetime) -> Body:
        """Let records in or out. Unknown ids are named, those in (or out) already are passed over."""
        if self.get(key)["processingType"] == "DYNAMIC":
            raise invalid("Memberships of a DYNAMIC list cannot be changed", subCategory="ILS.INVALID_LIST_TYPE")
        joining, leaving = _ids(add), _ids(remove)
        members = self.members[key]
        added = [n for n in dict.fromkeys(joining) if n in known and n not in members]
        removed = [n for n in dict.fromkeys(leaving) if n in members]
        members |= dict.fromkeys(added, stamp(now))
        for gone in removed:
            del members[gone]
        return {
            "recordsIdsAdded": added,  # sic
            "recordIdsRemoved": removed,
            "recordIdsMissing": [n for n in joining + leaving if n not in known],
        }

    def page(self, key: str, limit: int, after: str) -> Body:
        """Members in the order of their record ids."""
        self.get(key)
        ids = sorted(int(n) for n in self.members[key])
        start = bisect_left(ids, int(after)) if after else 0
        found = [str(n) for n in ids[start : start + limit]]
        joined = self.members[key]
        answer: Body = {
            "results": [{"recordId": n, "membershipTimestamp": joined[n]} for n in found],
            "total": len(ids),
        }
        if start + limit < len(ids):
            answer["paging"] = {"next": {"after": str(ids[start + limit])}}
        return answer

    def of_record(self, record: str) -> Sequence[Body]:
        """The lists that a record is in."""
        return [
            {
                "listId": key,
                "listVersion": 1,
                "firstAddedTimestamp": members[record],
                "lastAddedTimestamp": members[record],
                "isPublicList": True,
            }
            for key, members in self.members.items()
            if record in members
        ]

    def rename(self, key: str, name: str) -> Body:
        """Give a list another name. Raises 400 where another list has it."""
        row = self.get(key)
        if any(other["name"] == name and other is not row for other in self.rows.values()):
            raise _taken(name)
        row["name"] = name
        return self.view(row)

    def delete(self, key: str) -> None:
        """Into the recycle bin, with its members."""
        self.get(key)
        self.deleted[key] = self.rows.pop(key)

    def bring_back(self, key: str) -> None:
        """Out of the recycle bin. Raises 404."""
        if key not in self.deleted:
            raise not_found(f"List does not exist with ID {key}.")
        self.rows[key] = self.deleted.pop(key)

    def empty(self, key: str) -> None:
        """Let everybody out."""
        self.get(key)
        self.members[key].clear()

    def take_over(self, gone: str, survivor: str) -> None:
        """A merged record's memberships are its survivor's."""
        for members in self.members.values():
            if gone in members:
                members.setdefault(survivor, members.pop(gone))

    def leave_all(self, record: str) -> None:
        """A record is gone for good."""
        for members in self.members.values():
            members.pop(record, None)

    def state(self) -> Any:
        """JSON-able."""
        return {"rows": self.rows, "members": self.members, "deleted": self.deleted, "next": self._next}

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.rows, self.members, self._next = state["rows"], state["members"], state["next"]
        self.deleted = state["deleted"]


def _taken(name: str) -> Problem:
    return invalid(f"A list named '{name}' already exists in this portal", subCategory="ILS.DUPLICATE_NAME")


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list) or any(isinstance(one, dict | list) for one in value):
        raise invalid("Invalid input JSON: expected an array of record ids")
    return [str(one) for one in value]
