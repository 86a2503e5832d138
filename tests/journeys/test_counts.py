"""What was stored of each stream is as much as the platform itself counts."""

import pytest
from regulars.run.desk import desk
from regulars.testing.sample import SAMPLE_END, sample_world
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counts") / "ws"
    with Stage(folder, sample_world(60), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        assert stage.night(write=False).state == "ok"
        yield stage


def stored(stage, table, connection):
    with desk(stage.client(), stage.plugins) as at, at.warehouse.burst() as session:
        sql = f"SELECT count(*) FROM {table} WHERE connection = $name AND NOT deleted"
        return session.query(sql, {"name": connection})[0][0]


def asked(stage, role, method, path, body=None, headers=None):
    with stage.connections() as connections:
        http = connections.get(role).http
        return http.request(method, path, json=body, headers=headers or {}, reads=True).json()


def test_the_shop_counts_as_many_customers_and_orders(stage):
    query = "query { customersCount { count } ordersCount { count } }"
    token = {"X-Shopify-Access-Token": stage.sandbox["shop"].token}
    told = asked(stage, "shop", "POST", "/admin/api/2026-10/graphql.json", {"query": query}, token)["data"]
    assert stored(stage, "persons", "shop") == told["customersCount"]["count"] > 0
    assert stored(stage, "orders", "shop") == told["ordersCount"]["count"] > 0


def test_the_crm_counts_as_many_contacts(stage):
    token = {"Authorization": f"Bearer {stage.sandbox['crm'].credentials()['token']}"}
    body = {"filterGroups": [], "limit": 1}
    told = asked(stage, "crm", "POST", "/crm/objects/2026-09/contacts/search", body, token)
    assert stored(stage, "persons", "crm") == told["total"] > 0


def test_the_mail_platform_counts_as_many_members(stage):
    given = stage.sandbox["mail"].credentials()
    token = {"Authorization": f"Bearer {given['key']}"}
    count = 0
    for status in ("", "&status=archived"):
        path = f"/3.0/lists/{given['audience']}/members?count=1{status}"
        count += asked(stage, "mail", "GET", path, headers=token)["total_items"]
    assert stored(stage, "persons", "mail") == count > 0
