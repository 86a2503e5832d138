"""Identity: exact keys join, everything else only proposes, people's decisions win, reasons are kept."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regulars.identity import IdentitySettings, Key, build, clusters
from regulars.journal import Fact
from regulars.warehouse import Warehouse, write_segment
from regulars.warehouse.store import Stored

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SETTINGS = IdentitySettings(("info", "office"), 6, "k" * 64)


def key(connection, record_id):
    return hashlib.sha256(f"{SETTINGS.key}|{connection}|{record_id}".encode()).hexdigest()[:20]


class Shop:
    """Profiles and orders in a warehouse of their own."""

    def __init__(self, folder):
        self.warehouse, self.seq = Warehouse(folder), 0

    def add(self, connection, kind, *rows):
        self.seq += 1
        path = self.warehouse.folder / "segments" / f"{self.seq}.parquet"
        write_segment(path, kind, rows)
        self.warehouse.merge([Stored(self.seq, connection, kind, path)])

    def person(self, connection, record_id, email, *, created=NOW, other=(), phone=None, **more):
        row = {
            "id": record_id, "updated_at": NOW, "created_at": created, "email": email, "other_emails": list(other),
            "phone": phone, "first_name": None, "last_name": None, "country": None, "company": None, "tags": [],
            "held": "{}", "lists": None, "custom": "{}",
        }  # fmt: skip
        self.add(connection, "person", row | more)

    def order(self, record_id, person_id=None, email=None):
        row = {
            "id": record_id, "updated_at": NOW, "number": None, "ordered_at": NOW, "person_id": person_id,
            "email": email, "company_id": None, "currency": "EUR", "goods_minor": 100, "goods_tax_minor": 0,
            "discount_minor": 0, "shipping_minor": 0, "tax_minor": 0, "total_minor": 100,
            "presentment_currency": None, "presentment_total_minor": None, "test": False, "cancelled_at": None,
            "status": None, "country": None, "source": None, "tags": [],
        }  # fmt: skip
        self.add("shop", "order", row)

    def customers(self, decisions=(), config=SETTINGS):
        with self.warehouse.burst() as session:
            build(session, config, decisions)
            rows = session.query("SELECT connection, person_id, customer_id, reason FROM profile")
        return {(c, p): (customer, reason) for c, p, customer, reason in rows}

    def ask(self, sql):
        with self.warehouse.burst() as session:
            return session.query(sql)


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_the_same_address_in_another_spelling_is_one_customer_called_after_the_oldest_profile(shop):
    shop.person("shop", "1", " Ann.Lee@Example.test")
    shop.person("crm", "51", "ann.lee@example.test", created=NOW - timedelta(days=9))
    found = shop.customers()
    assert found["shop", "1"] == (key("crm", "51"), "same e-mail address")
    assert found["crm", "51"] == (key("crm", "51"), "oldest profile")


def test_a_further_address_of_a_profile_joins_too(shop):
    shop.person("shop", "1", "new@example.test")
    shop.person("crm", "51", "other@example.test", other=["NEW@example.test"])
    found = shop.customers()
    assert found["shop", "1"][0] == found["crm", "51"][0]


def test_names_and_phones_only_propose(shop):
    shop.person("shop", "1", "a@example.test", phone="+49 30 1234567", first_name="Ann")
    shop.person("shop", "2", "b@example.test", phone="0049-30-1234567", first_name="Ann")
    shop.person("shop", "3", "c@example.test", phone="+49301234567")
    found = shop.customers()
    assert len({customer for customer, _ in found.values()}) == 3
    assert [row[0] for row in shop.ask("SELECT why FROM identity_review")] == ["same phone"]


def test_a_shared_inbox_joins_nobody_and_is_put_up_for_review(shop):
    shop.person("shop", "1", "info@example.test")
    shop.person("crm", "51", "INFO@example.test")
    found = shop.customers()
    assert found["shop", "1"][0] != found["crm", "51"][0]
    assert shop.ask("SELECT why, detail FROM identity_review") == [("shared inbox", "2 profiles use info@")]


def test_an_over_large_cluster_is_held_back_whole(shop):
    for number in range(7):
        shop.person("crm", str(number), f"p{number}@example.test", other=["family@example.test"])
    found = shop.customers()
    assert len({customer for customer, _ in found.values()}) == 7
    assert {reason for _, reason in found.values()} == {"not joined: 7 profiles share addresses"}
    assert shop.ask("SELECT count(*) FROM customer WHERE held_back IS NOT NULL") == [(7,)]
    assert [row[0] for row in shop.ask("SELECT why FROM identity_review")] == ["large cluster"]


def test_a_profile_that_was_merged_away_answers_under_its_survivor_through_chains(shop):
    for record_id in ("1", "2", "3"):
        created = NOW - timedelta(days=int(record_id))
        shop.person("shop", record_id, f"p{record_id}@example.test", created=created)
    shop.add(
        "shop", "merge", {"id": "1", "updated_at": NOW, "into": "2"}, {"id": "2", "updated_at": NOW, "into": "3"}
    )
    shop.order("o1", person_id="1")
    found = shop.customers()
    assert set(found) == {("shop", "3")}
    assert shop.ask("SELECT order_id, customer_id FROM order_customer") == [("o1", key("shop", "3"))]


def test_a_guest_is_a_customer_by_address_and_joins_the_account_made_later(shop):
    shop.order("o1", email="Guest@example.test")
    (guest,) = shop.customers().values()
    assert guest[1] == "guest checkout"
    shop.person("crm", "51", "guest@example.test", created=NOW + timedelta(days=3))
    shop.customers()
    assert shop.ask("SELECT customer_id FROM order_customer") == [(guest[0],)]
    assert shop.ask("SELECT count(*), max(profiles) FROM customer") == [(1, 2)]


def test_an_order_without_person_and_address_belongs_to_nobody(shop):
    shop.order("o1")
    assert shop.customers() == {}
    assert shop.ask("SELECT customer_id FROM order_customer") == [(None,)]


def fact(kind, subject, **payload):
    return Fact(1, kind, subject, NOW, payload)


def test_a_person_can_split_and_join_and_the_newest_decision_counts(shop):
    shop.person("shop", "1", "a@example.test")
    shop.person("crm", "51", "a@example.test")
    shop.person("crm", "52", "z@example.test")
    split = fact("split", key("crm", "51"))
    found = shop.customers([split])
    assert found["shop", "1"][0] != found["crm", "51"][0]
    join = fact("join", key("crm", "51"), **{"with": key("crm", "52")})
    found = shop.customers([split, join])
    assert found["crm", "51"][0] == found["crm", "52"][0] != found["shop", "1"][0]
    assert found["crm", "52"][1] in ("decision", "oldest profile")
    found = shop.customers([split, join, split])
    assert len({customer for customer, _ in found.values()}) == 3


def test_each_field_knows_its_origin(shop):
    shop.person("shop", "1", "a@example.test", first_name="Ann", updated_at=NOW - timedelta(days=1))
    shop.person("crm", "51", "a@example.test", first_name="", last_name="Lee", country="de")
    shop.customers()
    rows = shop.ask("SELECT field, value, connection, record_id FROM customer_field ORDER BY field")
    assert rows == [
        ("country", "DE", "crm", "51"),
        ("email", "a@example.test", "crm", "51"),
        ("first_name", "Ann", "shop", "1"),
        ("last_name", "Lee", "crm", "51"),
    ]


def test_an_address_that_came_back_for_good_is_the_customers_only_where_there_is_no_other(shop):
    shop.person("shop", "1", "dead@example.test", other=["new@example.test"])
    shop.person("mail", "9", "new@example.test", updated_at=NOW - timedelta(days=9))
    bounce = {"id": "b", "updated_at": NOW, "person_id": "1", "email": "Dead@example.test", "kind": "hard",
              "reason": None, "at": NOW}  # fmt: skip
    shop.add("shop", "bounce", bounce)
    shop.customers()
    assert shop.ask("SELECT email FROM customer") == [("new@example.test",)]
    shop.add("mail", "deletion", {"id": "9", "updated_at": NOW, "entity": "person"})
    shop.customers()
    assert shop.ask("SELECT email FROM customer") == [("dead@example.test",)]


def test_no_address_can_be_guessed_from_a_reference(shop):
    shop.order("o1", email="guest@example.test")
    shop.customers()
    first = shop.ask("SELECT person_id, profile_key FROM profile")
    shop.customers(config=IdentitySettings((), 6, "another key"))
    assert shop.ask("SELECT person_id, profile_key FROM profile") != first


profiles = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sets(st.sampled_from(["m1", "m2", "m3", "m4", "m5"]), max_size=3)),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(profiles)
def test_clusters_are_the_connected_components(people):
    keys = [Key(profile, "email", mail) for profile, mails in people for mail in sorted(mails)]
    found = clusters(keys)
    together = {profile: set(c.profiles) for c in found for profile in c.profiles}
    for left in keys:
        for right in keys:
            if left.value == right.value and left.profile != right.profile:
                assert right.profile in together[left.profile]
    assert sum(len(c.profiles) for c in found) == len(together)
    for cluster in found:
        assert set(cluster.reasons) == set(cluster.profiles)


@given(profiles, st.randoms())
def test_the_order_of_keys_does_not_matter(people, rng):
    keys = [Key(profile, "email", mail) for profile, mails in people for mail in sorted(mails)]
    shuffled = keys[:]
    rng.shuffle(shuffled)
    assert {c.profiles for c in clusters(keys)} == {c.profiles for c in clusters(shuffled)}
