"""Tables in, tables out: profile, customer, customer_field, order_customer, identity_review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from regulars.config import IdentityConfig
from regulars.identity.clusters import Cluster, Key, clusters, oversized
from regulars.identity.owners import update_owners
from regulars.journal import Fact
from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """`shared_inboxes` are local parts (info, office ...) that several people read; `max_cluster`
    the largest number of profiles one person may have; `key` keys the references."""

    shared_inboxes: tuple[str, ...]
    max_cluster: int
    key: str

    @classmethod
    def of(cls, config: IdentityConfig, key: str) -> IdentitySettings:
        """From a client's [identity] section and its journal's key."""
        return cls(tuple(x.rstrip("@").lower() for x in config.shared_inboxes), config.max_cluster, key)


def build(session: Session, settings: IdentitySettings, decisions: Iterable[Fact] = ()) -> None:
    """Join profiles to customers.

    `decisions` are the facts of kind "join" (payload `with`: another profile key) and "split"; the
    newest about a profile counts, and what was decided of a profile that was merged away counts of its
    survivor. Phone numbers and names only ever propose (identity_review).
    """
    params: dict[str, Any] = {"key": settings.key, "shared": list(settings.shared_inboxes)}
    prepare(session)
    session.run(statement(__package__, "profiles"), params)
    survivors = dict(session.query("SELECT former_key, profile_key FROM merged_key"))
    joined, apart = _decided(decisions, survivors)
    session.load("decided", _decided_table(joined, apart))
    session.run(statement(__package__, "alike"), params)
    found = clusters([*_email_keys(session), *_decision_keys(joined)], apart)
    held = {id(c): f"{len(c.profiles)} profiles share addresses" for c in oversized(found, settings.max_cluster)}
    session.load("cluster_member", _members(found, held))
    session.run(statement(__package__, "members"), {"after": len(found), "most": settings.max_cluster})
    session.run(statement(__package__, "former"), params)
    session.run(statement(__package__, "customers"), params)
    session.run(statement(__package__, "review"), params)
    session.run("DROP TABLE cluster_member; DROP TABLE decided")
    update_owners(session, settings.key)


def prepare(session: Session) -> None:
    """Make `reference(key, connection, id)` known to a session: the key of a profile, measured yet or not."""
    session.run(statement(__package__, "reference"))


def _email_keys(session: Session) -> Iterable[Key]:
    """Of the addresses that are not a cluster by themselves."""
    rows = session.query("SELECT profile_key, email FROM shared_address WHERE tangled ORDER BY email, profile_key")
    return (Key(profile, "same e-mail address", email) for profile, email in rows)


def _decided_table(joined: Iterable[tuple[str, str]], apart: Iterable[str]) -> pa.Table:
    profiles = sorted({*apart, *(profile for pair in joined for profile in pair)})
    return pa.table({"profile_key": pa.array(profiles, pa.string())})


def _decided(
    decisions: Iterable[Fact], survivors: Mapping[str, str]
) -> tuple[list[tuple[str, str]], frozenset[str]]:
    joined: dict[str, str] = {}
    apart: set[str] = set()
    for fact in decisions:
        profile = survivors.get(fact.subject, fact.subject)
        if fact.kind == "split":
            apart.add(profile)
            joined.pop(profile, None)
        else:
            other = str(fact.payload["with"])
            joined[profile] = survivors.get(other, other)
    return sorted(joined.items()), frozenset(apart)


def _decision_keys(joined: list[tuple[str, str]]) -> Iterable[Key]:
    for left, right in joined:
        value = f"{left}+{right}"
        yield Key(left, "decision", value)
        yield Key(right, "decision", value)


def _members(found: Sequence[Cluster], held: dict[int, str]) -> pa.Table:
    rows = [
        {
            "cluster": number,
            "profile_key": profile,
            "kind": cluster.reasons.get(profile),
            "held_back": held.get(id(cluster)),
        }
        for number, cluster in enumerate(found)
        for profile in cluster.profiles
    ]
    names = ("cluster", "profile_key", "kind", "held_back")
    types: list[pa.DataType] = [pa.int64(), pa.string(), pa.string(), pa.string()]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))
