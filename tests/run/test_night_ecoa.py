"""What a night does about new addresses: a confirmed one that became a member, and a quote that broke off."""

from datetime import timedelta

import pytest
from regulars.reactivation.jobs import reference
from regulars.run.desk import desk
from regulars.testing import WorldPerson
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

EXTRA = """[clock]
order_source_max_age = '900d'

[ecoa]
connection = "ecoa"
"""
NEW = "moved.on@example.test"


@pytest.fixture
def stage(tmp_path):
    world = sample_world(12)
    with Stage(tmp_path / "ws", world, SAMPLE_END, roles=("shop", "crm", "mail", "ecoa"), extra=EXTRA) as stage:
        stage.forward(minutes=10)
        yield stage


def confirmed(stage, old):
    """Note that the customer of `old` confirmed the new address; returns the customer."""
    price = {"minor": 15, "currency": "EUR"}
    expires = (stage.clock.now() + timedelta(days=7)).isoformat()
    quoted = {"quote_ref": "q", "connection": "ecoa", "records": 1, "digest": "", "expires_at": expires, **price}
    with desk(stage.client(), stage.plugins) as at, at.journal.tx(at.lease) as tx:
        with at.warehouse.published() as session:
            (customer,) = {row[0] for row in session.query(CUSTOMERS, {"email": old})}
        record = {"job": "e-1", "key": "k-1", "reference": reference(at.journal, old)}
        result = {**record, "state": "confirmed", "why": "", "code": "MATCHED"}
        for kind, subject, payload in (
            ("ecoa_quote", "e-1", quoted),
            ("ecoa_record", customer, record),
            ("ecoa_reserved", "e-1", {"key": "i", "month": "2026-11"}),
            ("ecoa_submitted", "e-1", {"job_ref": "j-1", **price}),
            ("ecoa_settled", "e-1", price),
            ("ecoa_result", customer, result),
            ("ecoa_address", "k-1", {"email": NEW}),
        ):
            at.journal.add_facts(tx, kind, [(subject, payload)])
    return customer


CUSTOMERS = """SELECT DISTINCT f.customer_id FROM persons AS p
    JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id WHERE p.email = $email"""


def test_a_member_made_since_the_last_night_is_no_second_person_for_one_night(stage):
    before = stage.night()
    old = next(person.email for person in stage.world.people if person.key == "moved")
    customer = confirmed(stage, old)
    stage.forward(hours=1)
    stage.world.people.append(WorldPerson("new", NEW, on=("mail",), created_at=stage.clock.now()))
    stage.populate()
    stage.forward(hours=22)
    after = stage.night()
    with desk(stage.client(), stage.plugins) as at, at.warehouse.published() as session:
        assert session.query(CUSTOMERS, {"email": NEW}) == [(customer,)]
    assert (after.state, after.customers) == ("ok", before.customers)


def test_a_night_has_the_records_of_a_quote_forgotten_that_never_became_a_job(stage):
    stage.night()
    with desk(stage.client(), stage.plugins) as at, at.journal.tx(at.lease) as tx:
        record = {"job": "e-1", "key": "k-1", "reference": "", "connection": "ecoa"}
        at.journal.add_facts(tx, "ecoa_record", [("somebody", record)])
    stage.forward(hours=22)
    assert stage.night().ecoa == {"polled": 0, "settled": 0, "erased": 1}
