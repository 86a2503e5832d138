"""The oracle can fail: each thing that must never happen is done on purpose, and it says so."""

import json

import pytest
from regulars.plan import mirror
from regulars.testing import Asked

from benchmarks.year import oracle, targets, watch
from benchmarks.year.house import SEGMENTS
from benchmarks.year.truth import reader
from benchmarks.year.year import Year


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    with Year(tmp_path_factory.mktemp("year") / "house", 5) as made:
        assert made.night() == []
        yield made


def looked(year):
    look = reader()
    return {role: look[role](sandbox) for role, sandbox in year.house.sandbox.items()}


def compared(year, sql):
    """What the oracle says of a warehouse in which a statement was run; the file is put back."""
    with year.house.desk() as at:
        path = at.warehouse.path
        kept = path.read_bytes()
        try:
            with at.warehouse.burst() as session:
                session.run(sql)
            with at.warehouse.burst() as session:
                return list(oracle.warehouse(session, looked(year), oracle.Excused()))
        finally:
            path.write_bytes(kept)


BROKEN = {
    "a consent": "UPDATE consents SET state = 'subscribed' WHERE connection = 'mail' AND state = 'unsubscribed'",
    "an address": "UPDATE persons SET email = 'other@example.test' WHERE id = (SELECT min(id) FROM persons)",
    "a lost person": "DELETE FROM persons WHERE connection = 'crm' AND id = '201'",
    "a person marked gone": "UPDATE persons SET deleted = true WHERE connection = 'crm' AND id = '201'",
    "a person too many": (
        "INSERT INTO persons BY NAME SELECT * REPLACE ('999' AS id) FROM persons WHERE id = '201';"
        " INSERT INTO profile BY NAME"
        " SELECT * REPLACE ('999' AS person_id) FROM profile WHERE person_id = '201'"
    ),
    "a penny": "UPDATE orders SET goods_minor = goods_minor + 1 WHERE id = (SELECT min(id) FROM orders)",
    "a refund": "UPDATE refunds SET deleted = true WHERE id = (SELECT min(id) FROM refunds)",
    "a line": "DELETE FROM lines WHERE id = (SELECT min(id) FROM lines)",
    "a bounce": "DELETE FROM bounces WHERE connection = 'mail'",
    "a sum": "UPDATE sale SET net_minor = net_minor - 1 WHERE order_id = (SELECT min(order_id) FROM sale)",
    "a customer torn in two": "UPDATE profile SET customer_id = 'other' WHERE connection = 'mail'",
}


def test_an_unbroken_warehouse_is_the_sum_of_the_platforms(year):
    assert compared(year, "SELECT 1") == []


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_warehouse_is_reported(year, what):
    assert compared(year, BROKEN[what])


def truth_after(year, role, change):
    """What the watch says of a change that we made."""
    sandbox = year.house.sandbox[role]
    before, state = looked(year)[role], json.dumps(sandbox.state())
    try:
        change(sandbox)
        return list(watch.foreign(role, before, looked(year)[role]))
    finally:
        sandbox.restore(json.loads(state))


def contact(portal):
    rows = (row for row in portal.contacts.values() if not row["archived"])
    return next(row for row in rows if "hs_email_optout" not in row["properties"])


def put(portal, **values):
    portal.portal.contacts.put(contact(portal), values, portal.clock.now())


def customer(shop):
    return next(one for one in shop.customers.live.values() if one.email)


def member(box, status="subscribed"):
    return next(m for m in box.audience.members.values() if m["status"] == status)


FOREIGN = {
    "a foreign field": ("crm", lambda crm: put(crm, lastname="Changed")),
    "the life cycle stage": ("crm", lambda crm: put(crm, lifecyclestage="customer")),
    "an opt-out": ("crm", lambda crm: put(crm, hs_email_optout="true")),
    "an archived contact": ("crm", lambda crm: crm.portal.contacts.archive(contact(crm)["id"], crm.clock.now())),
    "a new contact": ("crm", lambda crm: crm.portal.contacts.create({"email": "n@example.test"}, crm.clock.now())),
    "a subscription": ("mail", lambda mail: member(mail, "unsubscribed").update(status="subscribed")),
    "a foreign merge field": ("mail", lambda mail: member(mail)["merge_fields"].update(FNAME="Changed")),
    "a foreign tag": ("mail", lambda mail: member(mail)["tags"].append(mail.audience.tag_id("VIP"))),
    "a removed member": ("mail", lambda mail: mail.audience.remove(member(mail))),
    "a customer's name": (
        "shop",
        lambda shop: setattr(next(iter(shop.customers.live.values())), "last_name", "X"),
    ),
    "consent in the shop": (
        "shop",
        lambda shop: setattr(customer(shop), "consent", "PENDING"),
    ),
    "a merchant's tag": ("shop", lambda shop: customer(shop).tags.append("VIP")),
    "an order": ("shop", lambda shop: setattr(next(iter(shop.orders.live.values())), "updated", 1)),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_change_is_reported(year, what):
    assert truth_after(year, *FOREIGN[what])


FORBIDDEN = {
    "a contact is created": ("crm", "POST", "/crm/objects/2026-09/contacts", b'{"properties": {}}'),
    "a contact is deleted": ("crm", "DELETE", "/crm/objects/2026-09/contacts/201", b""),
    "contacts are merged": ("crm", "POST", "/crm/objects/2026-09/contacts/merge", b"{}"),
    "a foreign property is written": (
        *("crm", "POST", "/crm/objects/2026-09/contacts/batch/update"),
        b'{"inputs": [{"id": "201", "properties": {"lifecyclestage": "lead"}}]}',
    ),
    "an active list is made": (
        *("crm", "POST", "/crm/lists/2026-09"),
        '{"name": "regulars · x", "processingType": "DYNAMIC"}'.encode(),
    ),
    "a subscription is changed": ("crm", "POST", "/communication-preferences/v4/statuses/a@example.test", b"{}"),
    "a status is sent": ("mail", "PATCH", "/3.0/lists/a/members/b", b'{"status": "subscribed"}'),
    "a member is archived": ("mail", "DELETE", "/3.0/lists/a/members/b", b""),
    "a foreign tag is given": (
        *("mail", "POST", "/3.0/lists/a/members/b/tags"),
        b'{"tags": [{"name": "VIP", "status": "active"}]}',
    ),
    "a customer is updated": (
        *("shop", "POST", "/admin/api/2026-10/graphql.json"),
        b'{"query": "mutation X { customerUpdate(input: {}) { userErrors { message } } }", "variables": {}}',
    ),
    "a foreign metafield is set": (
        *("shop", "POST", "/admin/api/2026-10/graphql.json"),
        b'{"query": "mutation X($m: Y) { metafieldsSet(metafields: $m) { userErrors { message } } }",'
        b' "variables": {"metafields": [{"namespace": "custom", "key": "a"}]}}',
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_forbidden_request_is_reported(year, what):
    role, method, path, body = FORBIDDEN[what]
    asked = Asked(method, path, (), {}, body, path)
    assert list(watch.requests(role, [asked], year.figures.calls))


def aimed(year):
    """What is said of our fields and lists on the platforms as they are."""
    with year.house.desk() as at, at.warehouse.published() as session:
        aims = targets.Aims(at.client.config.map, SEGMENTS, (), (), ())
        truth = looked(year)
        records = {role: mirror.records(session, at.journal, role) for role in truth}
        return [*targets.met(session, truth, aims), *oracle.believed(records, truth, oracle.Excused())]


def drift(crm):
    row = next(row for row in crm.contacts.values() if row["properties"].get("regulars_stage") == "retention")
    crm.portal.contacts.put(row, {"regulars_stage": "acquisition"}, crm.clock.now())


def leave(crm):
    next(members for members in crm.lists.members.values() if members).popitem()


def handed_over(mail):
    member(mail, "unsubscribed")["tags"].append(mail.audience.tag_id("regulars:champions"))


MISSED = {
    "a field of ours": ("crm", drift),
    "a list of ours": ("crm", leave),
    "a person who opted out in a sender's list": ("mail", handed_over),
    "a metafield of ours": ("shop", lambda shop: customer(shop).metafields.clear()),
}


def test_after_a_good_night_all_aims_are_met(year):
    assert aimed(year) == []


@pytest.mark.parametrize("what", MISSED)
def test_an_aim_that_was_missed_is_reported(year, what):
    role, change = MISSED[what]
    sandbox = year.house.sandbox[role]
    state = json.dumps(sandbox.state())
    try:
        change(sandbox)
        assert aimed(year)
    finally:
        sandbox.restore(json.loads(state))
