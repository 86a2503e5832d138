"""The plan as a value and as a file: immutable, digested, with an end to its validity."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from regulars.connector import FieldSpec, FieldType, Missing
from regulars.errors import PlanError
from regulars.journal import Journal, Lease
from regulars.plan.planned import WHOLE_PLAN, PlannedChange

VERSION = 1
_SHORT = 6


@dataclass(frozen=True, slots=True)
class FieldCount:
    """One field in numbers of records. `held`: how many have a value now; `first`: we never wrote most
    of them; `guard`: what stopped it."""

    name: str
    type: FieldType
    label: str = ""
    options: tuple[str, ...] = ()
    set: int = 0
    change: int = 0
    clear: int = 0
    same: int = 0
    blocked: int = 0
    held: int = 0
    first: bool = False
    guard: str = ""

    @property
    def spec(self) -> FieldSpec:
        """The field as a destination knows it."""
        return FieldSpec(self.name, self.type, self.label, self.options)


@dataclass(frozen=True, slots=True)
class ListCount:
    """One list in numbers of records. `kept` says why its segment was not computed anew; `mailed`:
    only people who may be mailed get in; `refused`: how many of the leaves are people who said no, whom no
    guard keeps in; `channels`: those on which its segment wants people's consent;
    `left_out` are (condition, customers remaining, of the lost: unknown)."""

    name: str
    segment: str
    title: str
    before: int = 0
    joins: int = 0
    leaves: int = 0
    blocked: int = 0
    guard: str = ""
    kept: str = ""
    mailed: bool = False
    refused: int = 0
    left_out: tuple[tuple[str, int, int], ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def after(self) -> int:
        """Size once the plan is applied."""
        return self.before - self.refused if self.guard else self.before + self.joins - self.leaves


@dataclass(frozen=True, slots=True)
class Target:
    """One platform of a plan: who it is, how many of our people it knows, what changes, what it costs.

    `asked`: people whom the platform itself will mail to confirm a new address.
    """

    connection: str
    platform: str
    account: str
    customers: int = 0
    found: int = 0
    fields: tuple[FieldCount, ...] = ()
    lists: tuple[ListCount, ...] = ()
    missing_fields: tuple[str, ...] = ()
    missing_lists: tuple[str, ...] = ()
    writes: int = 0
    reads: int = 0
    asked: int = 0
    namespace: str = ""

    @property
    def guards(self) -> tuple[str, ...]:
        """The guards that stopped a field or list, each with its name."""
        stopped = [(f.name, f.guard) for f in self.fields] + [(x.name, x.guard) for x in self.lists]
        return tuple(f"{self.connection}.{name}: {guard}" for name, guard in stopped if guard)

    @property
    def missing(self) -> Missing:
        """What has to be made on the platform first."""
        return Missing(tuple(f.spec for f in self.fields if f.name in self.missing_fields), self.missing_lists)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, and why. `digest` covers everything else; `undoes` names the run whose
    writes it takes back."""

    client: str
    run_id: str
    created_at: datetime
    expires_at: datetime
    settings: str
    targets: tuple[Target, ...]
    changes: tuple[PlannedChange, ...]
    notes: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    undoes: str | None = None
    id: str = ""
    digest: str = ""

    @property
    def whole_guard(self) -> str:
        """The guard that stops the whole plan; "" for none."""
        return next((c.blocked for c in self.changes if c.blocked.startswith(WHOLE_PLAN)), "")

    @property
    def guards(self) -> tuple[str, ...]:
        """Every guard that stops something, with what it stops."""
        whole = (f"plan: {self.whole_guard}",) if self.whole_guard else ()
        return (*(guard for target in self.targets for guard in target.guards), *whole)

    def writable(self, connection: str | None = None) -> list[PlannedChange]:
        """What would really be written (to one connection)."""
        return [c for c in self.changes if not c.blocked and connection in (None, c.connection)]

    def target(self, connection: str) -> Target:
        """The plan's part about one connection."""
        return next(t for t in self.targets if t.connection == connection)

    def asks_for(self, change: PlannedChange) -> tuple[str, ...]:
        """The channels on which a person must not have said no for a change: those of the list that is joined."""
        if change.kind != "join":
            return ()
        lists = self.target(change.connection).lists
        return next((listed.channels for listed in lists if listed.name == change.name), ())

    def to_json(self) -> dict[str, Any]:
        """The content, without id and digest."""
        return {
            "version": VERSION,
            "client": self.client,
            "run_id": self.run_id,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "settings": self.settings,
            "targets": [asdict(target) for target in self.targets],
            "changes": [change.to_json() for change in self.changes],
            "notes": list(self.notes),
            "allowed": list(self.allowed),
            "undoes": self.undoes,
        }

    def sealed(self, key: str) -> Plan:
        """This plan with its digest and the id made of it."""
        digest = digest_of(self.to_json(), key)
        return replace(self, digest=digest, id=digest[:_SHORT])

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Plan:
        """From a file's content. Raises KeyError, TypeError or ValueError where it is none."""
        targets = tuple(_target(row) for row in data["targets"])
        changes = tuple(PlannedChange.of_json(row) for row in data["changes"])
        created, expires = (datetime.fromisoformat(data[name]) for name in ("created_at", "expires_at"))
        return cls(
            data["client"], data["run_id"], created, expires, data["settings"], targets, changes,
            tuple(data["notes"]), tuple(data["allowed"]), data["undoes"], data["id"], data["digest"],
        )  # fmt: skip


def digest_of(data: Mapping[str, Any], key: str) -> str:
    """SHA-256 over a plan's canonical JSON, in which people are keyed references and no address stands."""
    plain = {name: value for name, value in data.items() if name not in ("id", "digest", "changes")}
    plain["changes"] = [_unnamed(row, key) for row in data["changes"]]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def reference(key: str, *parts: str) -> str:
    """A keyed reference: the same for the same parts, and of no use without the key."""
    return hmac.new(bytes.fromhex(key), "|".join(parts).encode(), hashlib.sha256).hexdigest()


def _unnamed(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    hidden = {"id": reference(key, row["connection"], row["id"])}
    if row["kind"] == "address":
        hidden |= {name: reference(key, str(row[name])) for name in ("old", "new", "now")}
    return {**row, **hidden}


def _target(row: Mapping[str, Any]) -> Target:
    plain = dict(row)
    plain["fields"] = tuple(FieldCount(**{**f, "options": tuple(f["options"])}) for f in row["fields"])
    plain["lists"] = tuple(_list(listed) for listed in row["lists"])
    for name in ("missing_fields", "missing_lists"):
        plain[name] = tuple(row[name])
    if unknown := set(plain) - {f.name for f in fields(Target)}:
        raise ValueError(f"unknown part {sorted(unknown)[0]!r}")
    return Target(**plain)


def _list(row: Mapping[str, Any]) -> ListCount:
    # A plan of an earlier version names no channels.
    channels, left_out = tuple(row.get("channels", ())), tuple(tuple(step) for step in row["left_out"])
    return ListCount(**{**row, "left_out": left_out, "channels": channels})


def save_plan(plan: Plan, folder: Path, journal: Journal, lease: Lease) -> Path:
    """Store a sealed plan in `folder`/<id>.json, atomically, and in the journal. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plan.id}.json"
    aside = folder / f"{plan.id}.json.tmp"
    content = {"id": plan.id, "digest": plan.digest, **plan.to_json()}
    with aside.open("w", encoding="utf-8") as out:
        json.dump(content, out, indent=1, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    os.replace(aside, path)
    with journal.tx(lease) as tx:
        tx.execute(
            "INSERT INTO plan (id, digest, kind, created_at, expires_at, path, state, run_id)"
            " VALUES (?, ?, ?, ?, ?, ?, 'open', ?)",
            (
                plan.id,
                plan.digest,
                "undo" if plan.undoes else "plan",
                plan.created_at.isoformat(),
                plan.expires_at.isoformat(),
                path.name,
                plan.run_id,
            ),
        )
    return path


def load_plan(reference: str | Path, folder: Path, journal: Journal) -> Plan:
    """A stored plan by id, unambiguous beginning of an id, or path.

    Raises PlanError where there is none, it is of another version, or was edited.
    """
    path = _path(str(reference), folder)
    where = path.name
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != VERSION:
            raise PlanError(f"a plan of version {data['version']}", where=where, hint="Plan again")
        plan = Plan.of_json(data)
    except PlanError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        raise PlanError("not a readable plan", where=where, hint="Plan again: regulars plan") from None
    stored = journal.rows("SELECT digest FROM plan WHERE id = ?", (plan.id,))
    if digest_of(data, journal.key) != plan.digest or stored != [(plan.digest,)]:
        raise PlanError(
            "this plan was edited after it was made, or is not of this client",
            where=where,
            hint="A plan is applied as it is or not at all; plan again",
        )
    return plan


def _path(reference: str, folder: Path) -> Path:
    if os.sep in reference or reference.endswith(".json"):
        return Path(reference)
    if reference.isalnum() and (exact := folder / f"{reference}.json").exists():
        return exact
    found: Sequence[Path] = sorted(folder.glob(f"{reference}*.json")) if reference.isalnum() else []
    if len(found) != 1:
        what = "several plans begin with" if found else "there is no plan"
        raise PlanError(f"{what} {reference!r}", hint="See: regulars show")
    return found[0]
