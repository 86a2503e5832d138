"""What may leave: our own namespace, the closed union, and nothing while consent is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from regulars.changes import AddressChange, IssueCode, JoinList, LeaveList, SetField
from regulars.connector import Writes
from regulars.consent import firewall, freshness
from regulars.errors import RefusedError

OURS = Writes("regulars_", "regulars: ", frozenset({"text"}), 100, "own_field", max_field_name=20)


@dataclass(frozen=True)
class Subscribe(SetField):
    """What a hostile plugin might hand in."""


@pytest.mark.parametrize(
    "change",
    [
        SetField("1", "regulars_stage", "x"),
        SetField("1", "regulars_stage", None),
        JoinList("1", "regulars: a"),
        LeaveList("1", "regulars: a"),
        AddressChange("1", "a@example.test", "b@example.test", "job:1"),
        IssueCode("1", "CODE", 500, "EUR", "2026-12-31"),
    ],
)
def test_our_own_changes_pass(change):
    firewall.check(change, OURS)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (SetField("1", "email", "x"), "not ours"),
        (SetField("1", "hs_email_optout", "false"), "not ours"),
        (SetField("1", "lifecyclestage", "customer"), "not ours"),
        (SetField("1", "Regulars_stage", "x"), "not ours"),
        (SetField("1", "regulars_", "x"), "not ours"),
        (SetField("1", "regulars_" + "x" * 20, "x"), "too long"),
        (SetField("", "regulars_stage", "x"), "without a record"),
        (JoinList("1", "newsletter"), "not ours"),
        (LeaveList("1", "newsletter"), "not ours"),
        (Subscribe("1", "regulars_stage", "x"), "not a change that exists"),
        ({"status": "subscribed"}, "not a change that exists"),
        (AddressChange("1", "a@example.test", "b@example.test", ""), "confirmation"),
        (AddressChange("1", "a@example.test", "A@example.test ", "job:1"), "none"),
        (AddressChange("1", "a@example.test", "nowhere", "job:1"), "none"),
        (IssueCode("1", "CODE", 0, "EUR", "2026-12-31"), "without a value"),
    ],
)
def test_everything_else_is_refused(change, word):
    with pytest.raises(RefusedError, match=word):
        firewall.check(change, OURS)


def test_a_platform_that_is_only_read_is_never_written():
    with pytest.raises(RefusedError, match="cannot be written"):
        firewall.check(SetField("1", "regulars_stage", "x"), None)


def test_an_empty_prefix_lets_nothing_through():
    with pytest.raises(RefusedError):
        firewall.check(SetField("1", "email", "x"), Writes("", "", frozenset(), 1, "own_field"))


def read(journal, lease, connection, run, state="ok", kind="consent"):
    now = journal.clock.now().isoformat()
    with journal.tx(lease) as tx:
        tx.execute("INSERT INTO run VALUES (?, 1, 'night', ?, '', ?, NULL, '{}')", (run, state, now))
        tx.execute(
            "INSERT INTO segment (run_id, connection, stream, kind, path, rows, at)"
            " VALUES (?, ?, 'people', ?, 'x', 1, ?)",
            (run, connection, kind, now),
        )
        tx.execute("INSERT INTO count VALUES (?, ?, 'people', 'consent', 1, 0, ?)", (run, connection, now))


def test_consent_is_fresh_while_every_source_of_it_is(journal, clock):
    with journal.lease() as lease:
        read(journal, lease, "mail", "r1")
        read(journal, lease, "crm", "r2")
        assert freshness(journal, timedelta(hours=26)).fresh
        clock.forward(timedelta(hours=27))
        read(journal, lease, "crm", "r3")
        found = freshness(journal, timedelta(hours=26))
        assert not found.fresh
        assert found.stale == "mail.people was last read 27 h ago, limit 26 h"


def test_a_blocked_run_refreshes_nothing(journal, clock):
    with journal.lease() as lease:
        read(journal, lease, "mail", "r1")
        clock.forward(timedelta(hours=27))
        read(journal, lease, "mail", "r2", state="blocked")
        assert not freshness(journal, timedelta(hours=26)).fresh


def test_a_run_that_was_cut_short_refreshes_nothing_and_one_that_is_going_on_does(journal, clock):
    with journal.lease() as lease:
        read(journal, lease, "mail", "r1")
        clock.forward(timedelta(hours=27))
        read(journal, lease, "mail", "r2", state="open")
        assert freshness(journal, timedelta(hours=26)).fresh
    assert not freshness(journal, timedelta(hours=26)).fresh
    with journal.lease("undo"):
        assert not freshness(journal, timedelta(hours=26)).fresh


def test_without_any_source_nothing_is_fresh(journal):
    with journal.lease() as lease:
        read(journal, lease, "shop", "r1", kind="order")
    assert freshness(journal, timedelta(hours=26)).stale == "no platform was read for consent"
