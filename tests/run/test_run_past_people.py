"""A past day's figures are of the people known by then, with the consents of that day."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from measured import Measured
from metrics.shop import Shop, noon
from regulars.acquisition import Margin, acquisition
from regulars.cli import root
from regulars.config import Client, Workspace
from regulars.journal import Journal
from regulars.media import owned_media
from regulars.run.measure import measure
from regulars.run.past import past
from regulars.warehouse import Warehouse

THEN, NOW = date(2025, 10, 15), date(2026, 4, 5)
EARLY, LATE = noon("2025-03-01"), noon("2026-03-01")


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Measured on NOW."""
    Measured(tmp_path, None)
    client = Workspace(tmp_path).client("acme")
    warehouse = Warehouse(client.data_dir)
    with warehouse.burst() as session:
        shop = Shop(session)
        fill(shop)
        shop.store()
    journal = Journal.open(client.data_dir / "journal.db", client.clock)
    with closing(journal), journal.lease("run") as lease:
        measure(client, journal, lease, warehouse, NOW)
    return client


def fill(shop: Shop) -> None:
    """Known on THEN: ann, cat (imported later than she ordered), dan (of whom no date is known), eve, fay, gus.
    Known later: bob, hal (who ordered), and a guest."""
    for name, created in {"ann": EARLY, "bob": LATE, "cat": LATE, "dan": None, "eve": EARLY, "fay": EARLY,
                          "gus": EARLY, "hal": LATE}.items():  # fmt: skip
        shop.person(name, created=created)
    shop.add("person", connection="crm", id="fay-2", created_at=EARLY, email="fay@example.test")
    for name, day in (("ann", "2025-03-02"), ("cat", "2025-03-02"), ("hal", "2026-03-02")):
        shop.order(name, day)
    shop.order(None, "2026-03-02", email="guest@example.test")
    for name, state, at in (
        ("ann", "subscribed", EARLY),
        ("bob", "subscribed", LATE),
        ("eve", "subscribed", LATE),
        ("fay", "subscribed", EARLY),
        ("gus", "subscribed", EARLY),
    ):
        shop.add("consent", person_id=name, channel="email", state=state, at=at)
    shop.add("consent", connection="crm", person_id="fay-2", channel="email", state="unsubscribed", at=LATE)
    shop.add("consent", person_id="gus", channel="email", state="unsubscribed", at=None)


def reached(client: Client) -> set[str]:
    sql = """SELECT c.email FROM reachable AS r JOIN customer AS c ON c.customer_id = r.customer_id
             WHERE r.channel = 'email'"""
    with Warehouse(client.data_dir).published() as session:
        return {email.removesuffix("@example.test") for (email,) in session.query(sql)}


def test_reach_media_and_acquisition_are_of_the_same_people_as_the_stages(client: Client) -> None:
    counts = []
    with past(client, THEN) as then:
        for each in (then, client):
            with Warehouse(each.data_dir).published() as session:
                people = session.query("SELECT count(*) FROM standing")[0][0]
                everybody = session.query("SELECT sum(customers) FROM reach WHERE channel IN ('any', 'none')")[0][
                    0
                ]
                found = acquisition(session, [], Margin(0.4, True))
                media = owned_media(session).reach.everybody.people
                counts.append((people, everybody, media, found.whole.known, found.whole.ordered))
    assert counts == [(6, 6, 6, 6, 2), (9, 9, 9, 9, 4)]


def test_a_yes_or_a_no_of_later_does_not_count_on_a_past_day_and_a_no_without_a_date_does(client: Client) -> None:
    assert reached(client) == {"ann", "bob", "eve"}
    with past(client, THEN) as then:
        assert reached(then) == {"ann", "fay"}
    with past(client, NOW) as then:
        assert reached(then) == {"ann", "bob", "eve"}


@pytest.mark.parametrize("words", [("media", "acme"), ("acquisition", "acme"), ("explain", "acme", "reach")])
def test_what_has_no_date_is_said_to_be_as_today(client: Client, words: tuple[str, ...]) -> None:
    said = "bounces, addresses and lists have no dates: they are as today"
    past_day = CliRunner().invoke(root, ["-w", str(client.root), *words, "--as-of", str(THEN)])
    assert (past_day.exit_code, said in past_day.stderr) == (0, True)
    assert said not in CliRunner().invoke(root, ["-w", str(client.root), *words]).stderr
