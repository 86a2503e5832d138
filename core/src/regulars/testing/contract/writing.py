"""Writing: in our namespace only, read back, and never twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

import pytest

from regulars.changes import AddressChange, Change, JoinList, LeaveList, Outcome, SetField
from regulars.connector import Destination, FieldSpec, FieldType, Writes
from regulars.errors import RefusedError, RegularsError, UnknownOutcomeError
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.shelf import Shelf
from regulars.testing.contract.suite import Suite
from regulars.testing.sandbox import Fault

_VALUES: dict[FieldType, str] = {
    "text": "plain words",
    "number": "12.5",
    "date": "2026-03-01",
    "boolean": "true",
    "enumeration": "second",
}
_SUBSCRIBES = re.compile(
    r'"status(_if_new)?"\s*:\s*"subscribed"|"?marketingState"?\s*:\s*"?SUBSCRIBED|hs_marketable_status|"?optInLevel',
    re.IGNORECASE,
)


class WritingContract(Suite):
    """A destination holds what it was given, and tells the truth about what it does not know."""

    def test_what_is_missing_is_made_once(self, bench: Bench) -> None:
        """`provision` makes what `missing` names, and doing it again harms nothing."""
        there, fields, lists = bench.destination(), our_fields(bench.writes()), (our_list(bench.writes()),)
        missing = there.missing(fields, lists)
        require({f.name for f in missing.fields} == {f.name for f in fields}, "missing() overlooks new fields")
        there.provision(missing)
        there.provision(missing)
        left = bench.destination().missing(fields, lists)
        require(not left.fields, f"still missing after provision(): {[f.name for f in left.fields]}")

    def test_an_unknown_id_is_absent(self, bench: Bench) -> None:
        """A record the platform does not know is left out; the known ones come."""
        there, known = bench.destination(), _ids(bench)[0]
        held = there.held([known, _stranger(known)], (), ())
        require(set(held) == {known}, f"held() of one known and one unknown id gives {sorted(held)}")

    def test_a_failed_look_up_is_not_an_unknown_id(self, bench: Bench) -> None:
        """Otherwise the core would take a person for deleted."""
        there, ids = _ready(bench), _ids(bench)[:2]
        bench.sandbox.faults = [Fault("status", times=99, status=503, body=b"{}")]
        with pytest.raises(RegularsError):
            there.held(ids, (), ())

    def test_what_is_written_is_held(self, bench: Bench) -> None:
        """Every type of field comes back as the text it was given."""
        there, some = _ready(bench), _ids(bench)[:3]
        for spec in our_fields(bench.writes()):
            value = _VALUES[spec.type]
            _all_written(there.write([SetField(one, spec.name, value) for one in some]), "a field")
            held = bench.destination().held(some, [spec.name], ())
            got = [held[one].fields.get(spec.name) for one in some]
            require(got == [value] * len(some), f"{spec.type}: wrote {value!r}, the platform holds {got}")

    def test_writing_the_same_again_changes_nothing(self, bench: Bench) -> None:
        """A replay is harmless."""
        there, some, name = _ready(bench), _ids(bench)[:2], _text(bench.writes())
        changes = [SetField(one, name, "the same") for one in some]
        there.write(changes)
        before = there.held(some, [name], ())
        _all_written(there.write(changes), "the same field again")
        require(there.held(some, [name], ()) == before, "writing the same again changed what is held")

    def test_only_none_clears_and_only_its_own_field(self, bench: Bench) -> None:
        """None was asked for explicitly; the neighbours stay."""
        there, one = _ready(bench), _ids(bench)[0]
        specs = [f for f in our_fields(bench.writes()) if f.type in ("text", "number", "date")]
        for spec in specs:
            there.write([SetField(one, spec.name, _VALUES[spec.type])])
        _all_written(there.write([SetField(one, specs[0].name, None)]), "clearing a field")
        held = there.held([one], [spec.name for spec in specs], ())[one].fields
        wanted = {spec.name: None if spec is specs[0] else _VALUES[spec.type] for spec in specs}
        require(dict(held) == wanted, f"after clearing {specs[0].name} the platform holds {dict(held)}")

    def test_lists_are_joined_and_left(self, bench: Bench) -> None:
        """A list of ours, by its name."""
        there, some, name = _ready(bench), _ids(bench)[:2], our_list(bench.writes())
        _all_written(there.write([JoinList(one, name) for one in some]), "joining a list")
        require(_members(bench, some, name) == set(some), "who joined a list is not held in it")
        _all_written(there.write([LeaveList(some[0], name)]), "leaving a list")
        require(
            _members(bench, some, name) == {some[1]}, "who left a list is still held in it, or others left too"
        )

    def test_one_outcome_per_change_in_order(self, bench: Bench) -> None:
        """A record that cannot be written is told, and does not take the others down."""
        there, known, name = _ready(bench), _ids(bench)[:2], _text(bench.writes())
        changes = [SetField(one, name, "in order") for one in (known[0], _stranger(known[0]), known[1])]
        outcomes = there.write(changes)
        require([x.change for x in outcomes] == changes, "the outcomes are not one per change, in order")
        told = [x.status in ("written", "unchanged") for x in outcomes]
        require(
            told == [True, False, True], f"an unknown id among two known ones gives {[x.status for x in outcomes]}"
        )

    def test_a_field_outside_our_namespace_is_never_written(self, bench: Bench) -> None:
        """The core refuses it first; the plugin is the second lock on the same door."""
        there, one = _ready(bench), _ids(bench)[0]
        bench.sandbox.log.clear()
        try:
            outcomes = there.write([SetField(one, "email", "planted.value@example.test")])
        except RefusedError:
            outcomes = ()
        require(all(x.status == "rejected" for x in outcomes), "a field outside the prefix was written")
        require(not any("planted.value" in body for body in bench.bodies()), "a field outside the prefix was sent")

    @pytest.mark.parametrize("kind", ["lost", "drop", "cut"])
    def test_a_lost_answer_is_unknown_and_never_sent_again(self, bench: Bench, kind: str) -> None:
        """Whether it happened is found out by reading back."""
        there, one, name = _ready(bench), _ids(bench)[0], _text(bench.writes())
        bench.sandbox.log.clear()
        bench.sandbox.faults = [Fault(kind, match="sent-once")]  # type: ignore[arg-type]
        outcomes: Sequence[Outcome] = ()
        with suppress(UnknownOutcomeError):
            outcomes = there.write([SetField(one, name, "sent-once")])
        sent = sum("sent-once" in body for body in bench.bodies())
        require(sent == 1, f"a write whose answer was lost was sent {sent} times")
        require(all(x.status == "unknown" for x in outcomes), f"a lost answer was told as {outcomes}")
        held = bench.destination().held([one], [name], ())[one].fields.get(name)
        require((held == "sent-once") == (kind != "drop"), f"reading back gives {held!r}")

    def test_nobody_is_ever_subscribed(self, bench: Bench) -> None:
        """No change of the closed union may reach a platform as a consent."""
        there, some, writes = _ready(bench), _ids(bench), bench.writes()
        changes: list[Change] = [SetField(some[0], _text(writes), "x"), JoinList(some[0], our_list(writes))]
        changes += [LeaveList(some[0], our_list(writes)), *_moves(bench)]
        for change in changes:
            try:
                there.write([change])
            except RegularsError:
                continue  # refusing is fine here; what was sent is what counts
        said = [match[0] for body in bench.bodies() if (match := _SUBSCRIBES.search(body))]
        require(not said, f"a request says {said[:1]}")

    def test_the_price_of_nothing_is_nothing(self, bench: Bench) -> None:
        """The plan's cost line adds prices up."""
        there, one, name = bench.destination(), _ids(bench)[0], _text(bench.writes())
        require(there.price(()).writes == 0, "writing nothing costs requests")
        require(there.price([SetField(one, name, "x")]).writes >= 1, "writing a field costs no request")


def _ready(bench: Bench) -> Destination:
    there, writes = bench.destination(), bench.writes()
    there.provision(there.missing(our_fields(writes), (our_list(writes),)))
    return there


def our_fields(writes: Writes) -> list[FieldSpec]:
    """A field of every type the platform takes, named within its limits."""
    specs = []
    for number, kind in enumerate(sorted(writes.field_types)):
        options = ("first", "second") if kind == "enumeration" else ()
        specs.append(FieldSpec(_cased(writes.field_prefix, f"t{number}"), kind, f"Contract {kind}", options))
    return sorted(specs, key=lambda spec: spec.type != "text")


def a_field(writes: Writes) -> FieldSpec:
    """A text field of ours."""
    return next(spec for spec in our_fields(writes) if spec.type == "text")


def _text(writes: Writes) -> str:
    return a_field(writes).name


def our_list(writes: Writes) -> str:
    """The name of a list in our namespace."""
    return _cased(writes.list_prefix, "contract")


def _cased(prefix: str, rest: str) -> str:
    return prefix + (rest.upper() if prefix.isupper() else rest)


def an_id(bench: Bench) -> str:
    """Somebody whom the platform knows."""
    return _ids(bench)[0]


def _ids(bench: Bench) -> list[str]:
    """Ids of people who have an address, by which most platforms know them."""
    shelf = Shelf()
    shelf.read(bench.source())
    return [row["id"] for row in shelf.of("person") if row["email"]]


def _stranger(known: str) -> str:
    """An id of the same form that nobody has."""
    return re.sub(r"[0-9a-f]+$", lambda found: "9" * max(12, len(found[0])), known)


def _members(bench: Bench, some: Sequence[str], name: str) -> set[str]:
    held = bench.destination().held(some, (), [name])
    return {one for one in some if name in held[one].lists}


def _moves(bench: Bench) -> list[AddressChange]:
    shelf = Shelf()
    shelf.read(bench.source())
    moved = {
        p.email: p.properties["moved_to"] for p in bench.world.people if p.email and "moved_to" in p.properties
    }
    people = [row for row in shelf.of("person") if row["email"] in moved]
    return [AddressChange(row["id"], row["email"], moved[row["email"]], "contract") for row in people]


def _all_written(outcomes: Sequence[Outcome], what: str) -> None:
    bad = [f"{x.status} {x.reason}" for x in outcomes if x.status not in ("written", "unchanged")]
    require(bool(outcomes) and not bad, f"{what} was not written: {'; '.join(bad[:3])}")
