"""Tokens that last an hour: the refresh token rotates, is stored before use, and two processes get along."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from regulars import AuthError, ConfigError, Secret
from regulars.testing import Fault
from regulars_shopify.destination import ShopifyDestination
from regulars_shopify.settings import ShopifySettings
from shopify.conftest import a_world


class Kept:
    """Where a refresh token is kept. `known` is what the shop had answered when it was stored."""

    def __init__(self, value):
        self.value, self.stored = value, []

    def read(self):
        return self.value

    def write(self, value):
        self.value = value
        self.stored.append(value)


class Sealed(Kept):
    def write(self, value):
        raise ConfigError("secret 'shop-refresh-token' must be renewed and is set by a variable")


@pytest.fixture
def kept(box):
    box.populate(a_world(2))
    return Kept(box.tokens.install())


@pytest.fixture
def app(box, connect, kept):
    """A connection of a new process; where the refresh token is kept is shared by all."""

    def connected(place=kept):
        return connect(
            client_id=Secret("id", box.client_id),
            client_secret=Secret("secret", box.client_secret),
            refresh_token=Secret("refresh", place.value, place),
        )

    return connected


def asked_for_tokens(box):
    return sum(asked.path.endswith("/access_token") for asked in box.log)


def test_a_token_is_good_for_an_hour_and_the_refresh_token_is_another_one_after(app, box, clock, kept):
    shop, first = app(), kept.value
    assert len(shop.read("customers").of("person")) == 2
    assert kept.stored == [kept.value] != [first]
    source = shop.source()
    list(source.pages("customers", None))
    clock.forward(timedelta(minutes=49))
    list(source.pages("customers", None))
    asked = asked_for_tokens(box)
    clock.forward(timedelta(minutes=2))
    list(source.pages("customers", None))
    assert asked_for_tokens(box) == asked + 1


def test_the_new_refresh_token_is_stored_before_the_token_is_used(app, box, kept):
    box.faults = [Fault("status", match="graphql.json", status=401, body=b'{"errors":"no"}', times=9)]
    with pytest.raises(AuthError):
        app().read("customers")
    assert box.tokens.refreshes[kept.value].used is None  # it is the latest one


def test_where_it_cannot_be_stored_nothing_is_asked_with_the_token(app, box, kept):
    with pytest.raises(ConfigError, match="must be renewed"):
        app(Sealed(kept.value)).read("customers")
    assert not any(asked.path.endswith("graphql.json") for asked in box.log)


@pytest.mark.parametrize("kind", ["lost", "cut", "drop"])
def test_an_answer_that_was_lost_locks_nobody_out(app, box, kept, kind):
    box.faults = [Fault(kind, match="access_token")]
    assert len(app().read("customers").of("person")) == 2
    assert box.tokens.refreshes[kept.value].used is None


def test_a_process_that_was_killed_before_it_stored_the_answer_is_followed_by_one_that_gets_the_same(
    app, box, kept
):
    app(Kept(kept.value)).read("customers")  # what it stored is lost with it
    assert len(app().read("customers").of("person")) == 2
    assert len(box.tokens.refreshes) == 2


def test_two_processes_that_renew_in_turn_use_what_the_other_stored(app, clock, kept):
    one, other = app().source(), app().source()
    for _ in range(4):
        for source in (one, other):
            assert list(source.pages("customers", None))
        clock.forward(timedelta(hours=1))


def test_a_token_that_is_refused_before_its_time_is_renewed_once(app, box):
    shop = app()
    source = shop.source()
    list(source.pages("customers", None))
    box.tokens.issued.clear()
    assert list(source.pages("customers", None))
    there = ShopifyDestination(shop.settings, shop.http)
    there.held([], (), ())
    box.tokens.issued.clear()
    assert there.missing((), ()).fields == ()


def test_after_ninety_days_the_next_step_is_named(app, clock):
    app().read("customers")
    clock.forward(timedelta(days=91))
    with pytest.raises(AuthError, match=r"invalid, expired or was used.*let the merchant open the app"):
        app().read("customers")


def test_an_app_that_was_installed_again_has_another_refresh_token(app, box, kept):
    app().read("customers")
    renewed = box.tokens.install()
    with pytest.raises(AuthError, match="store the new refresh token"):
        app().read("customers")
    kept.value = renewed
    assert app().read("customers").of("person")


def test_a_refresh_token_is_retired_by_the_use_of_its_replacement(app, box, clock, kept):
    first = kept.value
    app().read("customers")
    clock.forward(timedelta(hours=2))
    app().read("customers")
    with pytest.raises(AuthError):
        app(Kept(first)).read("customers")


def test_no_token_is_ever_shown(app, box, kept):
    shop = app()
    shop.read("customers")
    box.faults = [Fault("status", status=422, body=f'{{"errors":"bad {kept.value}"}}'.encode())]
    with pytest.raises(Exception, match=r"\[secret\]") as caught:
        shop.read("customers")
    assert kept.value not in str(caught.value)


def test_a_refresh_token_alone_is_no_way_in():
    token = Secret("t", "x")
    with pytest.raises(ValidationError, match="needs client_id and client_secret"):
        ShopifySettings(shop="acme.myshopify.com", access_token=token, refresh_token=token)


def test_a_person_is_asked_for_the_new_way_first():
    asked = [name for name, x in ShopifySettings.model_fields.items() if not x.is_required()]
    assert asked.index("client_id") < asked.index("refresh_token") < asked.index("client_secret")
    assert asked.index("client_secret") < asked.index("access_token")


# --- scopes and shops ---


def test_a_token_has_the_scopes_of_the_moment_it_was_issued_in(app, box):
    box.scopes = {"read_customers"}
    shop = app()
    source = shop.source()
    list(source.pages("customers", None))
    box.scopes = {"read_customers", "read_orders"}
    with pytest.raises(AuthError, match="read_orders"):
        list(source.pages("orders", None))


def test_an_app_released_without_scopes_sees_the_shop_and_nothing_else(graph, box):
    box.populate(a_world(1))
    box.scopes = set()
    assert graph.data("{ shop { name } }")["shop"]["name"] == "Tea House"
    _, _, told = graph.ask("{ customers(first: 1) { nodes { id } } }")
    assert told["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_tokens_survive_being_saved(app, box, kept, tmp_path):
    app().read("customers")
    before = box.tokens.state()
    box.save(tmp_path / "shop.json")
    box.tokens.install()
    box.load(tmp_path / "shop.json")
    assert box.tokens.state() == before
