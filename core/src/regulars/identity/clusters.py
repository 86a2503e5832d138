"""The pure part: which profiles are one person, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """An exact key that a profile shares with others: `kind` is email, merge or decision."""

    profile: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Profiles that are one person; `reasons` tells per profile which key tied it to the others."""

    profiles: tuple[str, ...]
    reasons: Mapping[str, str]


def clusters(keys: Iterable[Key], apart: frozenset[str] = frozenset()) -> list[Cluster]:
    """Join all profiles that share a key, transitively.

    A profile in `apart` was split off by a person: only another decision joins it again. Profiles
    without a shared key are not returned.
    """
    by_value: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in keys:
        if key.profile not in apart or key.kind == "decision":
            by_value[key.kind, key.value].append(key.profile)
    parent: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for (kind, _), members in by_value.items():
        for other in members[1:]:
            left, right = _root(parent, members[0]), _root(parent, other)
            if left != right:
                parent[max(left, right)] = min(left, right)
        if len(set(members)) > 1:
            for member in members:
                reasons.setdefault(member, kind)
    return _gather(parent, reasons)


def _root(parent: dict[str, str], profile: str) -> str:
    parent.setdefault(profile, profile)
    while parent[profile] != profile:
        parent[profile] = parent[parent[profile]]
        profile = parent[profile]
    return profile


def _gather(parent: dict[str, str], reasons: Mapping[str, str]) -> list[Cluster]:
    groups: dict[str, list[str]] = defaultdict(list)
    for profile in parent:
        groups[_root(parent, profile)].append(profile)
    return [
        Cluster(tuple(sorted(members)), {m: reasons[m] for m in members if m in reasons})
        for members in groups.values()
        if len(members) > 1
    ]


def oversized(found: Sequence[Cluster], limit: int) -> list[Cluster]:
    """Clusters with more profiles than anybody has: they are held back, not joined."""
    return [cluster for cluster in found if len(cluster.profiles) > limit]
