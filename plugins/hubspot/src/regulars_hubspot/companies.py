"""Companies: what is read of them, and who belongs to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from regulars import Company, Page, Record

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
    gone = [
        {"id": loser, "updated_at": row.updated_at, "entity": "company"}
        for row in rows
        for loser in row.many("hs_merged_object_ids")
        if loser != row.id
    ]
    kinds: dict[str, Sequence[Record]] = {"company": found, "deletion": gone}
    return Page({kind: records for kind, records in kinds.items() if records}, rejected=rejected)


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
