"""Discovering and drafting: what is told of an account is true, and looking changes nothing."""

from __future__ import annotations

import pytest

from regulars.changes import JoinList
from regulars.connector import Discovery, DraftRequest, Drafts
from regulars.errors import AuthError, ConfigError, PlatformError
from regulars.testing.contract.bench import SETTLED, Bench, require
from regulars.testing.contract.shelf import Shelf
from regulars.testing.contract.suite import Suite
from regulars.testing.contract.writing import an_id, our_fields, our_list
from regulars.testing.sandbox import Fault


class DiscoveryContract(Suite):
    """What `discover` tells of an account is true, and asking changes nothing."""

    def test_a_discovery_changes_nothing(self, bench: Bench) -> None:
        """What can be read before and after is the same, and so is what is missing of ours."""
        before = _whole(bench)
        _discovered(bench)
        require(not (why := before.difference(_whole(bench))), f"discovering changed the platform: {why}")
        if bench.connector.destination is not None:
            fields, lists = our_fields(bench.writes()), (our_list(bench.writes()),)
            missing = bench.destination().missing(fields, lists)
            require(len(missing.fields) == len(fields), "discovering made fields of ours")

    def test_shares_are_shares_of_what_was_sampled(self, bench: Bench) -> None:
        """Between 0 and 1, and only where somebody counted."""
        found = _discovered(bench)
        wrong = [f.name for f in found.fields if f.filled is not None and not 0 <= f.filled <= 1]
        require(not wrong, f"not between 0 and 1: {wrong[:3]}")
        counted = any(f.filled is not None for f in found.fields)
        require(not counted or found.sampled > 0, "shares are told and no record was looked at")

    def test_a_name_is_told_once(self, bench: Bench) -> None:
        """A field by its record kind and name, a list by its kind and id."""
        found = _discovered(bench)
        fields = [(f.of, f.name) for f in found.fields]
        lists = [(x.kind, x.id) for x in found.lists]
        require(len(set(fields)) == len(fields), "a field is told twice")
        require(len(set(lists)) == len(lists), "a list is told twice")

    def test_what_is_ours_is_told_as_ours(self, bench: Bench) -> None:
        """By our prefixes, and nothing else is."""
        _discovered(bench)
        writes, there = bench.writes(), bench.destination()
        fields, name = our_fields(writes), our_list(writes)
        there.provision(there.missing(fields, (name,)))
        there.write([JoinList(an_id(bench), name)])
        bench.clock.forward(SETTLED)
        found = _discovered(bench)
        ours = {f.name for f in found.fields if f.ours}
        require(ours >= {f.name for f in fields}, f"fields of ours are not told as ours: {sorted(ours)}")
        require(name in {x.name for x in found.lists if x.ours}, "a list of ours is not told as ours")
        strays = [f for f in ours if not f.startswith(writes.field_prefix)]
        strays += [x.name for x in found.lists if x.ours and not x.name.startswith(writes.list_prefix)]
        require(not strays, f"told as ours without our prefix: {strays[:3]}")

    def test_a_refused_token_is_no_empty_account(self, bench: Bench) -> None:
        """401 is an AuthError here too."""
        _discovered(bench)
        bench.sandbox.faults = [Fault("status", times=99, status=401, body=b"{}")]
        with pytest.raises(AuthError):
            _discovered(bench)


class DraftContract(Suite):
    """A draft is made once and looked for before."""

    def test_a_draft_nobody_made_is_not_found(self, bench: Bench) -> None:
        """None says that it may be made."""
        require(_drafts(bench).find("never made by anybody") is None, "a draft is found that nobody made")

    def test_a_failed_look_up_is_no_missing_draft(self, bench: Bench) -> None:
        """Otherwise a second one would be made."""
        drafts = _drafts(bench)
        bench.sandbox.faults = [Fault("status", times=99, status=503, body=b"{}")]
        with pytest.raises(PlatformError):
            drafts.find("regulars: winback")

    def test_a_template_nobody_made_is_refused(self, bench: Bench) -> None:
        """And no draft is left behind."""
        drafts, name = _drafts(bench), "contract without template"
        listed = our_list(bench.writes())
        bench.destination().provision(bench.destination().missing((), (listed,)))
        bench.destination().write([JoinList(an_id(bench), listed)])
        with pytest.raises(ConfigError):
            drafts.make(DraftRequest(name, listed, "987654321", "Subject"))
        require(_drafts(bench).find(name) is None, "a draft was made without its template")


def _discovered(bench: Bench) -> Discovery:
    if bench.connector.discover is None:
        pytest.skip(f"{bench.connector.name} discovers nothing")
    return bench.connector.discover(bench.settings, bench.connect())


def _drafts(bench: Bench) -> Drafts:
    if bench.connector.drafts is None:
        pytest.skip(f"{bench.connector.name} prepares no campaigns")
    return bench.connector.drafts(bench.settings, bench.connect())


def _whole(bench: Bench) -> Shelf:
    shelf = Shelf()
    if bench.connector.source is not None:
        shelf.read(bench.source())
    return shelf
