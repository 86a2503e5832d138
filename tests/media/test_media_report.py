"""Reach by count and by value, the two-by-two, the way to our own media: a shop whose numbers can be checked."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pyarrow as pa
import pytest
from metrics.shop import Shop, noon
from regulars.media import OwnedMedia, owned_media
from regulars.media.page import page_lines
from regulars.media.reach import CHANNELS, Channel
from regulars.metrics import build_reach

AS_OF = "2026-06-30"


def measured(shop: Shop, yes: list[tuple[str, str]] = [], dead: list[str] = []) -> OwnedMedia:  # noqa: B006
    """The report of a shop where `yes` (person, channel) consented and the addresses of `dead` bounce."""
    shop.build(AS_OF)
    shop.predict(AS_OF)
    people = [row[0] for row in shop.all("SELECT customer_id FROM customer")]
    table(shop, "verdict", "customer_id channel verdict", [(*pair, "yes") for pair in yes])
    states = [(name, "no" if name in dead else "yes") for name in people]
    table(shop, "deliverable", "customer_id state", states)
    build_reach(shop.session)
    return owned_media(shop.session)


def table(shop: Shop, name: str, columns: str, rows: list[tuple[str, ...]]) -> None:
    cells = list(zip(*rows, strict=True)) or [() for _ in columns.split()]
    names = columns.split()
    shop.session.load(name, pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, cells, strict=True)}))


def worth(shop: Shop, values: dict[str, int]) -> None:
    for name, minor in values.items():
        shop.session.run(f"UPDATE customer_clv SET clv_12m_minor = {minor} WHERE customer_id = '{name}'")


def given(shop: Shop, channel: Channel, address: bool, arrives: bool) -> None:
    """A person "ann" with or without an address on a channel, and whether a message arrives there."""
    whole = "+44 20 7946 0000" if arrives else "7946 0000"
    shop.person("ann", phone=whole if channel == "phone" and address else None)
    if channel in ("post", "push"):
        if address:
            shop.add("signal", person_id="ann", kind=f"{channel}_address", value="x")
        if not arrives:
            shop.add("signal", person_id="ann", kind=f"{channel}_returned", value="true")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("address", "consent", "arrives"), list(product([False, True], repeat=3)))
def test_reach_is_an_address_and_consent_and_a_way_to_arrive(
    shop: Shop, channel: Channel, address: bool, consent: bool, arrives: bool
) -> None:
    given(shop, channel, address, arrives)
    shop.build(AS_OF)
    shop.predict(AS_OF)
    table(shop, "verdict", "customer_id channel verdict", [("ann", channel, "yes" if consent else "no")])
    table(shop, "deliverable", "customer_id state", [("ann", "yes" if arrives else "no")])
    if channel == "email" and not address:
        shop.session.run("UPDATE customer SET email = NULL")
    build_reach(shop.session)
    reached = next(c for c in owned_media(shop.session).reach.channels if c.channel == channel).reached.people
    assert reached == int(address and consent and arrives)


def test_text_consent_reaches_a_telephone_and_mail_consent_does_not(shop: Shop) -> None:
    shop.person("ann", phone="0044 20 7946-0000")
    shop.person("bob", phone="+44 20 7946 0001")
    found = measured(shop, [("ann", "sms"), ("bob", "email")])
    reached = {each.channel: each.reached.people for each in found.reach.channels}
    assert reached == {"email": 1, "phone": 1, "post": 0, "push": 0}
    assert found.reach.channels[1].without("consent") == 1


def test_everybody_is_once_in_each_channel_and_once_by_the_best_medium(shop: Shop) -> None:
    dice = random.Random(3)
    for n in range(40):
        shop.person(f"p{n}", phone=dice.choice([None, "+442079460000", "123"]))
        if dice.random() < 0.6:
            shop.order(f"p{n}", "2026-05-01", dice.randrange(500, 9000))
        if dice.random() < 0.4:
            shop.add("signal", person_id=f"p{n}", kind="follower", value="instagram")
    yes = [(f"p{n}", channel) for n in range(40) for channel in ("email", "sms", "post") if dice.random() < 0.4]
    found = measured(shop, yes, [f"p{n}" for n in range(0, 40, 5)])
    assert sum(people.people for people in found.reach.best.values()) == 40
    for channel in found.reach.channels:
        assert sum(cell.people for cell in channel.cells.values()) == 40
        assert sum(c.value_minor for c in channel.cells.values()) == found.reach.everybody.value_minor
    whole = shop.all("SELECT count(*), sum(clv_12m_minor) FROM customer_clv")[0]
    assert (found.quadrants.whole.customers, found.quadrants.whole.value_minor) == whole


def test_value_behind_each_cell_is_told(shop: Shop) -> None:
    values = {f"p{n}": 100 for n in range(8)} | {"rich": 9000, "known": 5000}
    for name in values:
        shop.order(name, "2026-05-01")
    shop.build(AS_OF)
    shop.person("dan")
    shop.add("signal", person_id="rich", kind="follower", value="instagram")
    measured(shop, [("known", "email"), ("p1", "email")])
    worth(shop, values)
    build_reach(shop.session)
    found = owned_media(shop.session)
    two = found.quadrants
    assert [(cell.customers, cell.value_minor) for cell in two.cells] == [(1, 5000), (1, 9000), (1, 100), (7, 700)]
    assert two.line_minor == 5000
    assert (found.reach.best["rented"].people, found.reach.best["rented"].value_minor) == (1, 9000)
    assert (found.reach.best["owned"].people, found.reach.best["none"].people) == (2, 8)
    assert found.reach.share(found.reach.best["owned"]) == (100 * 2 / 11, 100 * 5100 / 14800)
    assert (found.way.rented, found.way.with_address, found.way.reachable) == (1, 1, 0)


def test_the_value_is_simple_and_says_so_where_nobody_is_predicted(shop: Shop) -> None:
    shop.order("ann", "2026-05-01")
    assert measured(shop).value.text == "predicted 12-month CLV, margin 100%: net sales, not profit"
    shop.session.run("DELETE FROM customer_clv")
    assert owned_media(shop.session).value.text == "a year of simple CLV, not predicted"


def test_the_page_says_that_a_margin_is_in_the_value(shop: Shop) -> None:
    shop.order("ann", "2026-05-01")
    measured(shop)
    shop.predict(AS_OF, margin=0.4)
    head = next(page_lines(owned_media(shop.session), "Acme", {}))
    assert head == "Acme   owned media, as of 2026-06-30; value: predicted 12-month CLV, margin 40%"


def test_touches_and_audiences_are_each_in_one_medium_and_an_unknown_channel_is_named(shop: Shop) -> None:
    shop.person("ann", lists=["regulars · champions"])
    touch(shop, kind="sent", channel="email", media="owned")
    touch(shop, kind="click", channel="paid_social")
    touch(shop, kind="sent", channel="pigeon")
    shop.add("touch", person_id="ann", kind="sent", channel="pigeon", at=noon("2026-07-01"))
    shop.add("signal", person_id="ann", kind="follower", value="Instagram")
    shop.add("signal", person_id="ann", kind="custom_audience", value="lookalike")
    found = measured(shop)
    assert found.touches == {"owned": 1, "earned": 0, "unowned": 1, "purchased": 1}
    assert found.unclassed == {"pigeon": 1}
    assert [(a.name, a.media, a.people) for a in found.audiences] == [
        ("regulars · champions", "owned", 1),
        ("custom audience", "purchased", 1),
        ("instagram", "unowned", 1),
    ]


def touch(shop: Shop, **fields: Any) -> None:
    shop.add("touch", **{"person_id": "ann", "at": noon("2026-06-01")} | fields)


def test_a_programme_brings_fields_and_only_consent_of_the_same_act_makes_a_gained_contact(shop: Shop) -> None:
    for name, phone in (("ann", "+442079460000"), ("bob", "123"), ("cat", None), ("dan", None)):
        shop.person(name, phone=phone)
        shop.add("signal", person_id=name, kind="loyalty_member", value="club", at=noon("2026-05-10"))
    consent(shop, "ann", "email", "2026-05-10")
    consent(shop, "ann", "sms", "2026-05-10")
    consent(shop, "cat", "email", "2026-06-02")
    consent(shop, "dan", "email", "2026-01-02")
    consent(shop, "dan", "email", "2026-05-10")
    found = measured(shop, [(name, "email") for name in ("ann", "cat", "dan")])
    (gain,) = found.gains
    assert (gain.programme, str(gain.month), gain.joined) == ("club", "2026-05-01", 4)
    assert (gain.emails, gain.phones, gain.phones_valid) == (4, 2, 1)
    assert (gain.email_consents, gain.phone_consents, gain.gained) == (2, 1, 1)
    assert (gain.cost_each(4000), gain.cost_each(None)) == (4000, None)


def test_a_programme_that_nobody_dates_says_so_instead_of_guessing(shop: Shop) -> None:
    shop.person("ann")
    shop.add("signal", person_id="ann", kind="member_card", value="true")
    (gain,) = measured(shop).gains
    assert (gain.programme, gain.is_dated, gain.joined, gain.gained) == ("member_card", False, 1, 0)


def test_months_of_the_list_count_a_person_once(shop: Shop) -> None:
    for name in ("ann", "bob"):
        shop.person(name)
    consent(shop, "ann", "email", "2026-05-10")
    consent(shop, "bob", "email", "2026-05-11", state="unsubscribed")
    touch(shop, kind="unsubscribe", channel="email", person_id="bob", at=noon("2026-05-11"))
    shop.add("bounce", email="ann@example.test", kind="hard", at=noon("2026-06-03"))
    rows = {str(m.month)[:7]: (m.joined, m.unsubscribed, m.bounced, m.complained) for m in measured(shop).health}
    assert rows == {"2026-05": (1, 1, 0, 0), "2026-06": (0, 0, 1, 0)}


def consent(shop: Shop, name: str, channel: str, day: str, state: str = "subscribed") -> None:
    shop.add("consent", person_id=name, channel=channel, state=state, at=noon(day))


def test_a_shop_without_anybody_is_reported(shop: Shop) -> None:
    found = measured(shop)
    assert found.quadrants.whole.customers == found.reach.everybody.people == 0
    assert found.reach.share(found.reach.best["owned"]) == (None, None)
