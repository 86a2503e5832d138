"""A client's mapping turns a platform's own property or tag into a signal of a known kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regulars.warehouse import Session

# Milliseconds since 1970, as some platforms write days, or a date or instant as text. A day alone is its noon in
# UTC, so that it is that day nearly everywhere.
_AT = r"""CASE WHEN regexp_full_match(json_extract_string(p.custom, $at), '\d{11,14}')
            THEN make_timestamptz(CAST(json_extract_string(p.custom, $at) AS BIGINT) * 1000)
                 + CASE WHEN CAST(json_extract_string(p.custom, $at) AS BIGINT) % 86400000 = 0
                        THEN INTERVAL 12 HOUR ELSE INTERVAL 0 HOUR END
            WHEN length(json_extract_string(p.custom, $at)) = 10
            THEN TRY_CAST(json_extract_string(p.custom, $at) AS TIMESTAMPTZ) + INTERVAL 12 HOUR
            ELSE TRY_CAST(json_extract_string(p.custom, $at) AS TIMESTAMPTZ) END"""

_CUSTOM = """
INSERT INTO signals BY NAME
SELECT 'mapped:' || $kind || ':' || p.id AS id, p.updated_at AS updated_at, p.id AS person_id, $kind AS kind,
       coalesce($value, json_extract_string(p.custom, $path)) AS value, {at} AS at,
       p.connection AS connection, p.seq AS seq, false AS deleted
FROM persons AS p
WHERE NOT p.deleted AND p.connection = $connection AND coalesce(json_extract_string(p.custom, $path), '') <> ''
  AND ($when IS NULL OR lower(json_extract_string(p.custom, $path)) = lower($when))
"""

_TAG = """
INSERT INTO signals BY NAME
SELECT 'mapped:' || $kind || ':' || p.id AS id, p.updated_at AS updated_at, p.id AS person_id, $kind AS kind,
       coalesce($value, 'true') AS value, {at} AS at, p.connection AS connection, p.seq AS seq, false AS deleted
FROM persons AS p
WHERE NOT p.deleted AND p.connection = $connection
  AND list_contains(list_transform(p.tags, lambda t: lower(t)), lower($tag))
"""


class Mapping(Protocol):
    """`from_` is "<connection>:custom.<property>" or "<connection>:tag.<tag>", `at` "custom.<property>" or None;
    see config.SignalEntry."""

    from_: str
    kind: str
    value: str | None
    when: str | None
    at: str | None


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
        at = "NULL"
        if entry.at:
            at, params["at"] = _AT, _path(entry.at.removeprefix("custom."))
        if about == "tag":
            session.run(_TAG.replace("{at}", at), {**params, "tag": key})
        else:
            session.run(_CUSTOM.replace("{at}", at), {**params, "when": entry.when, "path": _path(key)})


def _path(key: str) -> str:
    return "$." + '"' + key.replace('"', "") + '"'
