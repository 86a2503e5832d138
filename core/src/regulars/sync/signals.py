"""A client's mapping turns a platform's own property or tag into a signal of a known kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regulars.warehouse import Session

_CUSTOM = """
INSERT INTO signals BY NAME
SELECT 'mapped:' || $kind || ':' || p.id AS id, p.updated_at AS updated_at, p.id AS person_id, $kind AS kind,
       coalesce($value, json_extract_string(p.custom, $path)) AS value, NULL AS at,
       p.connection AS connection, p.seq AS seq, false AS deleted
FROM persons AS p
WHERE NOT p.deleted AND p.connection = $connection AND coalesce(json_extract_string(p.custom, $path), '') <> ''
  AND ($when IS NULL OR lower(json_extract_string(p.custom, $path)) = lower($when))
"""

_TAG = """
INSERT INTO signals BY NAME
SELECT 'mapped:' || $kind || ':' || p.id AS id, p.updated_at AS updated_at, p.id AS person_id, $kind AS kind,
       coalesce($value, 'true') AS value, NULL AS at, p.connection AS connection, p.seq AS seq, false AS deleted
FROM persons AS p
WHERE NOT p.deleted AND p.connection = $connection
  AND list_contains(list_transform(p.tags, lambda t: lower(t)), lower($tag))
"""


class Mapping(Protocol):
    """`from_` is "<connection>:custom.<property>" or "<connection>:tag.<tag>"; see config.SignalEntry."""

    from_: str
    kind: str
    value: str | None
    when: str | None


def map_signals(session: Session, entries: Sequence[Mapping]) -> None:
    """Write the mapped signals of every living person anew; what the platforms told themselves stays.

    A property that is empty, or not equal to `when`, gives no signal: the person is then known not to
    have it. What is not mapped at all stays "not visible".
    """
    session.run("DELETE FROM signals WHERE starts_with(id, 'mapped:')")
    for entry in entries:
        connection, _, name = entry.from_.partition(":")
        about, _, key = name.partition(".")
        params = {"connection": connection, "kind": entry.kind, "value": entry.value}
        if about == "tag":
            session.run(_TAG, {**params, "tag": key})
        else:
            path = "$." + '"' + key.replace('"', "") + '"'
            session.run(_CUSTOM, {**params, "when": entry.when, "path": path})
