"""Membership: who joins and leaves, what stays when sources are old, what the engine adds for e-mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars.clock import SystemClock
from regulars.errors import ConfigError
from regulars.journal import Journal
from regulars.segments import Draw, Segment, before, build, in_use, remember, shipped
from segments.people import DRAW, TODAY, fill

LAPSED = Segment("lapsed", "Lapsed", "state = 'lapsed'", needs=("orders.fresh",))
MAILED = Segment("mailed", "Mailed", "state = 'lapsed'", channel="email", needs=("consent.fresh",))
FRESH = frozenset({"orders.fresh", "consent.fresh"})


def person(name: str, state: str = "lapsed", consent: str | None = "yes", deliverable: str = "yes"):
    return {"customer_id": name, "state": state, "email_consent": consent, "email_deliverable": deliverable}


def made(session, *segments, fresh=FRESH, previous=()):
    return build(session, segments, today=TODAY, draw=DRAW, fresh=fresh, previous=previous)


def inside(session, segment: str) -> list[str]:
    rows = session.query("SELECT customer_id FROM segment_member WHERE segment = $s ORDER BY 1", {"s": segment})
    return [row[0] for row in rows]


def test_people_join_and_leave(session):
    fill(session, person("new"), person("back", state="active"), person("still"))
    report = made(session, LAPSED, previous=[("lapsed", "back"), ("lapsed", "still"), ("lapsed", "gone")])
    assert inside(session, "lapsed") == ["new", "still"]
    assert report.joined == [("lapsed", "new")]
    assert report.left == [("lapsed", "back"), ("lapsed", "gone")]
    assert report.sizes == {"lapsed": 2}


def test_an_email_segment_has_consent_and_deliverability_whether_written_or_not(session):
    fill(
        session,
        person("yes"),
        person("no", consent="no"),
        person("unknown", consent=None),
        person("bounced", deliverable="no"),
        person("doubtful", deliverable="unknown"),
    )
    report = made(session, MAILED)
    assert inside(session, "mailed") == ["yes"]
    assert [step.remaining for step in report.funnels["mailed"]] == [5, 5, 3, 1]


def test_an_alternative_in_the_rule_does_not_let_anybody_around_consent(session):
    fill(session, person("no", consent="no"))
    made(session, Segment("x", "x", "state = 'lapsed' OR email_consent = 'yes'", channel="email"))
    assert inside(session, "x") == []


def test_without_fresh_orders_a_segment_stays_as_it_was(session):
    fill(session, person("new"), person("back", state="active"))
    report = made(session, LAPSED, fresh=frozenset({"consent.fresh"}), previous=[("lapsed", "back")])
    assert inside(session, "lapsed") == ["back"]
    assert report.kept == {"lapsed": "orders.fresh not met, membership stays as it was"}
    assert (report.joined, report.left) == ([], [])


def test_what_is_known_against_a_person_counts_even_when_consent_is_old(session):
    fill(session, person("left", consent="no"), person("bounced", deliverable="no"), person("stays"))
    members = [("mailed", "left"), ("mailed", "bounced"), ("mailed", "stays")]
    made(session, MAILED, fresh=frozenset(), previous=members)
    assert inside(session, "mailed") == ["stays"]


@pytest.mark.parametrize(
    ("rule", "stays"),
    [
        ("state = 'lapsed' AND reach_phone", False),
        ("email_consent = 'yes' AND state = 'lapsed'", False),
        ("state = 'lapsed' AND (reach_phone OR reach_post)", False),
        ("state = 'lapsed' AND coalesce(reach_post, false)", False),
        ("state = 'lapsed' AND NOT reach_phone", True),
        ("state = 'lapsed' OR reach_phone", True),
        ("state = 'lapsed'", True),
    ],
)
def test_who_said_no_does_not_stay_in_a_kept_segment_that_asks_for_consent(session, rule, stays):
    fill(session, {"customer_id": "ann", "reach_phone": False, "reach_post": False, "email_consent": "no"})
    report = made(session, Segment("calls", "calls", rule, None, ("orders.fresh",)),
                  fresh=frozenset({"consent.fresh"}), previous={("calls", "ann")})  # fmt: skip
    assert inside(session, "calls") == (["ann"] if stays else [])
    assert list(report.kept) == ["calls"]


def test_a_wrong_rule_changes_nothing(session):
    fill(session, person("a"))
    made(session, LAPSED)
    with pytest.raises(ConfigError):
        made(session, Segment("bad", "bad", "stat = 'x'"), LAPSED)
    assert inside(session, "lapsed") == ["a"]


def test_the_history_gives_the_members_again(session, tmp_path):
    journal = Journal.open(tmp_path / "journal.db", SystemClock())
    fill(session, person("a"), person("b"))
    with journal.lease() as lease:
        for _ in range(2):
            report = made(session, LAPSED, previous=before(journal))
            with journal.tx(lease) as tx:
                remember(journal, tx, report, TODAY)
        fill(session, person("a"), person("b", state="active"))
        report = made(session, LAPSED, previous=before(journal))
        with journal.tx(lease) as tx:
            remember(journal, tx, report, TODAY)
    assert before(journal) == {("lapsed", "a")}
    moves = [(f.subject, f.payload["joined"], f.payload["on"]) for f in journal.facts("segment")]
    assert moves == [("a", True, "2026-11-21"), ("b", True, "2026-11-21"), ("b", False, "2026-11-21")]
    journal.close()


def test_the_workspace_overrides_what_is_shipped():
    text = '[champions]\ntitle = "Ours"\nwhen = "orders_count > 9"\n'
    assert [s.title for s in in_use(["champions", "new_this_month"], text)] == [
        "Ours",
        "New customers, last 30 days",
    ]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[a]\nwhen = "r > 1"\nchanel = "email"', "chanel"),
        ('[a]\ntitle = "x"', "no rule"),
        ('[a]\nwhen = "r > 1"\nneeds = ["fresh"]', "fresh"),
        ('[a]\nwhen = "r > 1"\nchannel = "sms"', "sms"),
        ("[a", "not TOML"),
    ],
)
def test_a_wrong_segment_file_is_explained(text, word):
    with pytest.raises(ConfigError, match=word):
        in_use(["a"], text)


def test_a_segment_nobody_defined_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="winback_due"):
        in_use(["winback_dew"])


def test_nobody_who_waits_for_service_is_in_any_promotion_of_the_library(session):
    everything = {
        "orders_count": 1,
        "first_order_on": TODAY - timedelta(days=40),
        "last_order_on": TODAY - timedelta(days=200),
        "gap_p25": 20.0,
        "gap_p75": 90.0,
        "act_before": 234,
        "last_status": "delivered",
        "state": "lapsed",
        "email_consent": "yes",
        "email_deliverable": "yes",
        "add_on_ready": True,
        "upsell_ready": True,
        "next_rule": "pair/a/b",
    }
    fill(
        session,
        {"customer_id": "held", "service_hold": True, **everything},
        {"customer_id": "unknown", **everything, "service_hold": None},
        {"customer_id": "elsewhere", "offer_segment": "another", **everything},
        {"customer_id": "free", **everything},
    )
    promotions = [segment for segment in shipped().values() if segment.promo]
    assert len(promotions) == 5
    nobody_drawn = Draw("salt", "fernhill", 0.0)
    for segment in promotions:
        build(session, [segment], today=TODAY, draw=nobody_drawn, fresh=FRESH, previous=[])
        assert inside(session, segment.name) == ["free"], segment.name
        old = [(segment.name, who) for who in ("held", "unknown", "elsewhere", "free")]
        build(session, [segment], today=TODAY, draw=nobody_drawn, fresh=frozenset(), previous=old)
        assert inside(session, segment.name) == ["free"], segment.name


def test_nobody_comes_into_two_promotions_and_the_first_named_goes_first(session):
    one = Segment("one", "One", "state = 'lapsed'", promo=True)
    two = Segment("two", "Two", "state IN ('lapsed', 'active')", promo=True)
    plain = Segment("plain", "Plain", "state = 'lapsed'")
    fill(session, person("lapsed"), person("active", state="active"))
    made(session, one, two, plain)
    assert [inside(session, name) for name in ("one", "two", "plain")] == [["lapsed"], ["active"], ["lapsed"]]


def test_who_was_offered_something_stays_in_its_segment_and_out_of_the_others(session):
    one, two = (Segment(name, name, "state = 'lapsed'", promo=True) for name in ("one", "two"))
    fill(session, {**person("ann"), "offer_segment": "two"})
    made(session, one, two)
    assert [inside(session, name) for name in ("one", "two")] == [[], ["ann"]]


def test_promo_is_yes_or_no():
    with pytest.raises(ConfigError, match="promo = true or false"):
        Segment.of("x", {"when": "r = 1", "promo": "yes"})
