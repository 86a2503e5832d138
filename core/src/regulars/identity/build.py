"""Tables in, tables out: profile, customer, customer_field, order_customer, identity_review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from regulars.config import IdentityConfig
from regulars.identity.clusters import Cluster, Key, clusters, oversized
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
    newest about a profile counts. Phone numbers and names only ever propose (identity_review).
    """
    params = {"key": settings.key}
    session.run(statement("regulars.identity", "profiles"), params)
    shared = _shared(session, settings)
    joined, apart = _decided(decisions)
    found = clusters([*_email_keys(session, shared), *_decision_keys(joined)], apart)
    held = {id(c): f"{len(c.profiles)} profiles share addresses" for c in oversized(found, settings.max_cluster)}
    session.load("cluster_member", _members(found, held))
    session.run(statement("regulars.identity", "customers"), params)
    session.run(statement("regulars.identity", "review"), {"shared": list(settings.shared_inboxes)})
    session.run("DROP TABLE cluster_member")


def _shared(session: Session, settings: IdentitySettings) -> frozenset[str]:
    rows = session.query(
        "SELECT DISTINCT email FROM address WHERE list_contains($shared, split_part(email, '@', 1))",
        {"shared": list(settings.shared_inboxes)},
    )
    return frozenset(row[0] for row in rows)


def _email_keys(session: Session, shared: frozenset[str]) -> Iterable[Key]:
    rows = session.query(
        "SELECT profile_key, email FROM address"
        " QUALIFY count(*) OVER (PARTITION BY email) > 1 ORDER BY email, profile_key"
    )
    return (Key(profile, "same e-mail address", email) for profile, email in rows if email not in shared)


def _decided(decisions: Iterable[Fact]) -> tuple[list[tuple[str, str]], frozenset[str]]:
    joined: dict[str, str] = {}
    apart: set[str] = set()
    for fact in decisions:
        if fact.kind == "split":
            apart.add(fact.subject)
            joined.pop(fact.subject, None)
        else:
            joined[fact.subject] = str(fact.payload["with"])
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
