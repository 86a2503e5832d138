"""Deliveries: whose they are, what they say, and how the simulated shop sends them."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from regulars import AuthError, PlatformError, Secret, SetField
from regulars_shopify.destination import ShopifyDestination
from regulars_shopify.sandbox.webhooks import privacy_payload
from regulars_shopify.webhooks import CustomerRedact, DataRequest, ShopRedact, Subject, privacy, receive, verify
from shopify.conftest import a_world

URI = "https://regulars.example.test/webhooks"
SECRET = Secret("client secret", "hush")

# RFC 4231, test cases 1 and 2: key, data, HMAC-SHA-256. Shopify puts the same bytes into base64.
RFC_4231 = [
    ("\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        "Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
]


@pytest.mark.parametrize(("key", "body", "digest"), RFC_4231)
def test_a_signature_is_the_published_one(key, body, digest):
    signature = base64.b64encode(bytes.fromhex(digest)).decode()
    assert verify(body, signature, [Secret("s", key)])
    assert not verify(body + b" ", signature, [Secret("s", key)])
    assert not verify(body, signature, [Secret("s", key + "x")])


def test_the_old_secret_is_good_while_it_is_given(box):
    box.client_secret = "old secret"
    body, headers = delivered(box)
    assert not verify(body, headers["X-Shopify-Hmac-Sha256"], [SECRET])
    assert verify(body, headers["X-Shopify-Hmac-Sha256"], [SECRET, Secret("old", "old secret")])


@pytest.mark.parametrize("signature", [None, "", "no base64!", "aGVsbG8=", "ü"])
def test_what_is_no_signature_is_wrong(signature):
    assert not verify(b"{}", signature, [SECRET])
    assert not verify(b"{}", signature, [])


def delivered(box, topic="customers/update", payload=None):
    """One delivery of the simulated shop."""
    box.webhooks.subscribe(topic.replace("/", "_").upper(), {"uri": URI})
    caught = []
    box.webhooks.emit(topic, payload if payload is not None else {"id": 7, "email": "ä@example.test"}, URI)
    box.webhooks.deliver(lambda headers, body: (caught.append((body, dict(headers))), (200, 0.1))[1])
    return caught[0]


def received(box, topic, payload):
    body, headers = delivered(box, topic, payload)
    return receive(body, headers, [Secret("s", box.client_secret)])


def test_a_delivery_is_understood(box, clock):
    got = received(box, "customers/update", {"id": 7})
    assert (got.topic, got.shop, got.payload) == ("customers/update", box.domain, {"id": 7})
    assert got.triggered_at == clock.now()
    assert got.api_version == "2026-10"
    assert got.webhook_id != got.event_id != ""


def test_a_forged_delivery_is_told_by_its_signature_before_it_is_read(box):
    body, headers = delivered(box)
    with pytest.raises(AuthError, match="Answer 401"):
        receive(body.replace(b"7", b"8"), headers, [Secret("s", box.client_secret)])
    with pytest.raises(AuthError):
        receive(b"not even JSON", headers, [Secret("s", box.client_secret)])


def test_header_names_may_be_of_any_case(box):
    body, headers = delivered(box)
    lower = {name.lower(): value for name, value in headers.items()}
    assert receive(body, lower, [Secret("s", box.client_secret)]).topic == "customers/update"


def test_a_signed_delivery_that_says_nothing_is_the_platforms_fault(box):
    body, headers = delivered(box)
    del headers["X-Shopify-Topic"]
    with pytest.raises(PlatformError, match="cannot be understood"):
        receive(body, headers, [Secret("s", box.client_secret)])


@pytest.mark.parametrize("text", ["2026-11-01T12:00:00", "soon", ""])
def test_a_time_that_cannot_be_read_costs_no_delivery(box, text):
    body, headers = delivered(box)
    headers["X-Shopify-Triggered-At"] = text
    assert receive(body, headers, [Secret("s", box.client_secret)]).triggered_at is None


# --- privacy ---


def test_a_request_for_data_names_customer_and_orders(box):
    payload = privacy_payload(
        box, {"id": 7, "email": "p@example.test", "phone": "+491"}, [1, 2], "orders_requested"
    )
    told = privacy(received(box, "customers/data_request", payload))
    customer = Subject("gid://shopify/Customer/7", "p@example.test", "+491")
    orders = ("gid://shopify/Order/1", "gid://shopify/Order/2")
    assert told == DataRequest(box.shop_gid, box.domain, customer, orders, "9999")


def test_a_customer_to_redact_may_be_an_address_only(box):
    payload = privacy_payload(box, {"email": "p@example.test"}, [], "orders_to_redact")
    told = privacy(received(box, "customers/redact", payload))
    assert told == CustomerRedact(box.shop_gid, box.domain, Subject(None, "p@example.test", None), ())


def test_a_shop_to_redact(box):
    payload = {"shop_id": int(box.shop_gid.rsplit("/", 1)[-1]), "shop_domain": box.domain}
    assert privacy(received(box, "shop/redact", payload)) == ShopRedact(box.shop_gid, box.domain)


def test_other_topics_hold_no_request(box):
    assert privacy(received(box, "customers/update", {"id": 7})) is None


@pytest.mark.parametrize("payload", [{"shop_id": 1, "shop_domain": "x"}, {"customer": {}, "orders_to_redact": []}])
def test_a_request_that_does_not_say_whom_it_is_about_is_not_taken_for_done(box, payload):
    with pytest.raises(PlatformError, match="customers/redact does not say"):
        privacy(received(box, "customers/redact", {"shop_id": 1, "shop_domain": "x", **payload}))


# --- how the simulated shop delivers ---


def test_our_own_write_comes_back_as_a_delivery(box, connect):
    box.populate(a_world(2))
    box.webhooks.subscribe("CUSTOMERS_UPDATE", {"uri": URI})
    shop = connect()
    there = ShopifyDestination(shop.settings, shop.http)
    one = "gid://shopify/Customer/7000000000001"
    box.metafields.types["regulars.stage"] = "single_line_text_field"
    box.webhooks.waiting.clear()
    box.metafields.set([{"ownerId": one, "namespace": "regulars", "key": "stage", "type": "single_line_text_field",
                         "value": "x"}])  # fmt: skip
    there.held([one], ["regulars.stage"], ())
    there.write([SetField(one, "regulars.stage", "x")])  # nothing changes, nothing is delivered
    assert [json.loads(d.body)["id"] for d in box.webhooks.waiting] == [7_000_000_000_001]


def test_a_subscription_taken_again_says_so(graph):
    ask = """mutation W($sub: WebhookSubscriptionInput!) {
      webhookSubscriptionCreate(topic: CUSTOMERS_UPDATE, webhookSubscription: $sub) {
        webhookSubscription { id topic uri } userErrors { field message } } }"""
    made = graph.data(ask, sub={"uri": URI})["webhookSubscriptionCreate"]
    assert (made["webhookSubscription"]["topic"], made["userErrors"]) == ("CUSTOMERS_UPDATE", [])
    (error,) = graph.data(ask, sub={"uri": URI})["webhookSubscriptionCreate"]["userErrors"]
    assert error["message"] == "Address for this topic has already been taken"
    (error,) = graph.data(ask, sub={"uri": "ftp://x"})["webhookSubscriptionCreate"]["userErrors"]
    assert error["message"] == "Address protocol ftp:// is not supported"


@pytest.mark.parametrize("answer", [(500, 0.1), (302, 0.1), (200, 5.1)])
def test_what_is_not_taken_in_time_comes_again_and_is_given_up_in_the_end(box, clock, answer):
    box.webhooks.subscribe("CUSTOMERS_UPDATE", {"uri": URI})
    box.webhooks.emit("customers/update", {"id": 1})
    begun, tries, ids = clock.now(), 0, set()
    while box.webhooks.waiting:
        (waiting,) = box.webhooks.waiting
        ids.add(waiting.webhook_id)
        tries += box.webhooks.deliver(lambda *_: answer)
        clock.forward(timedelta(minutes=1))
    assert (tries, len(ids)) == (9, 1)
    assert clock.now() - begun < timedelta(hours=4, minutes=5)
    assert box.webhooks.subscriptions == {}


def test_a_privacy_topic_is_never_removed(box, clock):
    box.webhooks.emit("shop/redact", {"shop_id": 1, "shop_domain": box.domain}, URI)
    for _ in range(300):
        box.webhooks.deliver(lambda *_: (500, 0.1))
        clock.forward(timedelta(minutes=1))
    box.webhooks.emit("shop/redact", {"shop_id": 1, "shop_domain": box.domain}, URI)
    assert len(box.webhooks.waiting) == 1


def test_deliveries_are_repeated_lost_and_out_of_order(box):
    box.webhooks.subscribe("CUSTOMERS_UPDATE", {"uri": URI})
    box.webhooks.lose, box.webhooks.repeat = 20, 20
    for number in range(100):
        box.webhooks.emit("customers/update", {"id": number})
    seen = []
    box.webhooks.deliver(lambda headers, body: (seen.append((headers["X-Shopify-Event-Id"], body)), (200, 0.1))[1])
    numbers = [json.loads(body)["id"] for _, body in seen]
    assert numbers != sorted(numbers)
    assert 60 < len(set(numbers)) < 95
    assert len(numbers) > len(set(numbers))
    assert len({event for event, _ in seen}) == len(set(numbers))  # by the event id, repeats are known


def test_the_moment_is_the_events_own(box, clock):
    box.webhooks.subscribe("CUSTOMERS_UPDATE", {"uri": URI})
    box.webhooks.emit("customers/update", {"id": 1})
    at = clock.now()
    clock.forward(timedelta(hours=1))
    seen = []
    box.webhooks.deliver(lambda headers, body: (seen.append((headers, body)), (200, 0.1))[1])
    headers, body = seen[0]
    got = receive(body, headers, [Secret("s", box.client_secret)])
    assert got.triggered_at == at == datetime(2026, 11, 1, 12, tzinfo=UTC)
