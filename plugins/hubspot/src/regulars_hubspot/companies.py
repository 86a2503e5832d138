"""Companies: what is read of them, and who belongs to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from regulars import Company, Deletion, Page, Record

from regulars_hubspot.models import Row, country_of, rows_of

READ = (
    "name",
    "domain",
    "country",
    "city",
    "industry",
    "numberofemployees",
    "lifecyclestage",
    "hs_merged_object_ids",
)
_KEPT = ("country", "city", "industry", "numberofemployees", "lifecyclestage")


def to_page(raws: Sequence[Any], people: Mapping[str, Sequence[str]]) -> Page:
    """Companies as records. `people` are the ids of each one's contacts, kept in `custom`."""
    rows, rejected = rows_of(raws, "company")
    found = [to_company(row, people.get(row.id, ())) for row in rows]
    kinds: dict[str, Sequence[Record]] = {"company": found, "deletion": _merged(rows)}
    return Page({kind: records for kind, records in kinds.items() if records}, rejected=rejected)


def to_deletions(raws: Sequence[Any]) -> Page:
    """Archived companies, and those that went up in them."""
    rows, rejected = rows_of(raws, "company")
    gone = [_deletion(row.id, row.archived_at or row.updated_at) for row in rows] + _merged(rows)
    return Page({"deletion": gone} if gone else {}, rejected=rejected)


def _merged(rows: Sequence[Row]) -> list[Deletion]:
    losers = ((one, row) for row in rows for one in row.many("hs_merged_object_ids") if one != row.id)
    return [_deletion(one, row.updated_at) for one, row in losers]


def _deletion(key: str, at: datetime) -> Deletion:
    return Deletion(id=key, updated_at=at, entity="company")


def to_company(row: Row, people: Sequence[str]) -> Company:
    """A company. Its contacts are `custom`'s `contacts`."""
    custom: dict[str, Any] = {name: value for name in _KEPT if (value := row.get(name))}
    if people:
        custom["contacts"] = sorted(people, key=int)
    return Company(
        id=row.id,
        updated_at=row.updated_at,
        name=row.get("name"),
        domain=row.get("domain"),
        country=country_of(row.get("country")),
        custom=json.dumps(custom, ensure_ascii=False),
    )
