from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from regulars import AuthError, Secret
from regulars_hubspot.webhook import signature_v1, signature_v2, signature_v3, verify

SECRET = Secret("client_secret", "cs-secret")
URL = "https://app.example.com/hooks/hubspot"
BODY = b'[{"objectId":1}]'
SENT = "1700000000000"
AT = datetime.fromtimestamp(1_700_000_000, UTC)
SIGNATURE = "53ECXu9TVXdeYyNtwuJKOY2XBQks/YzyT178CXDGz6g="
HEADERS = {"X-HubSpot-Signature-v3": SIGNATURE, "X-HubSpot-Request-Timestamp": SENT}


def test_the_published_example_is_signed_as_published():
    assert signature_v3(SECRET, "POST", URL, BODY, SENT) == SIGNATURE


@pytest.mark.parametrize("late", [0, 299, -299])
def test_a_call_of_the_last_five_minutes_is_taken(late):
    verify(SECRET, "POST", URL, HEADERS, BODY, AT + timedelta(seconds=late))


def test_names_of_headers_have_no_case():
    verify(SECRET, "post", URL, {name.upper(): value for name, value in HEADERS.items()}, BODY, AT)


@pytest.mark.parametrize("late", [301, 3_000, -301])
def test_an_old_call_is_refused(late):
    with pytest.raises(AuthError, match="at most 300 s"):
        verify(SECRET, "POST", URL, HEADERS, BODY, AT + timedelta(seconds=late))


@pytest.mark.parametrize("stamp", ["", "1700000000000.0", "soon", "-1", "1" * 40])
def test_a_time_that_is_none_is_refused(stamp):
    headers = {**HEADERS, "X-HubSpot-Request-Timestamp": stamp}
    with pytest.raises(AuthError, match="does not say when"):
        verify(SECRET, "POST", URL, headers, BODY, AT)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [("PUT", URL, BODY), ("POST", URL + "?a=1", BODY), ("POST", URL, BODY + b" "), ("POST", URL, b"")],
)
def test_a_call_that_was_changed_is_refused(method, url, body):
    with pytest.raises(AuthError, match="not HubSpot's"):
        verify(SECRET, method, url, HEADERS, body, AT)


def test_a_call_without_a_signature_is_refused():
    with pytest.raises(AuthError, match="no signature"):
        verify(SECRET, "POST", URL, {}, BODY, AT)


def test_the_listed_escapes_of_the_address_are_decoded_and_no_others():
    decoded = signature_v3(SECRET, "POST", "https://a.example.test/x?to=a@b:c&d=%20%26", b"", SENT)
    assert signature_v3(SECRET, "POST", "https://a.example.test/x%3Fto=a%40b%3ac&d=%20%26", b"", SENT) == decoded


def test_the_older_versions_are_known_too():
    for version, value in (("v1", signature_v1(SECRET, BODY)), ("v2", signature_v2(SECRET, "POST", URL, BODY))):
        headers = {"X-HubSpot-Signature": value, "X-HubSpot-Signature-Version": version}
        verify(SECRET, "POST", URL, headers, BODY, AT)
        with pytest.raises(AuthError):
            verify(SECRET, "POST", URL, headers, BODY + b" ", AT)


def test_a_signature_with_odd_letters_is_refused_and_breaks_nothing():
    with pytest.raises(AuthError, match="not HubSpot's"):
        verify(SECRET, "POST", URL, {**HEADERS, "X-HubSpot-Signature-v3": "é"}, BODY, AT)


# --- as the simulated platform delivers ---


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_deliveries_are_signed_arrays_of_at_most_a_hundred(box, crowd, clock, version):
    box.portal.webhooks.types = frozenset(("contact.creation",))
    box.portal.webhooks.repeats = 0
    box.populate(crowd(130))
    seen = []

    def receive(method, url, headers, body):
        verify(Secret("s", box.portal.webhooks.secret), method, url, headers, body, clock.now())
        seen.append(json.loads(body))
        return 200

    assert box.portal.webhooks.deliver(URL, receive, version) == 2
    assert [len(events) for events in seen] == [100, 30]
    assert {str(event["objectId"]) for events in seen for event in events} == set(box.contacts)
    assert [event["objectId"] for event in seen[0]] != sorted(event["objectId"] for event in seen[0])


def test_events_come_twice_and_again_after_a_refusal_until_they_are_given_up(box, api, clock):
    hooks = box.portal.webhooks
    hooks.types, hooks.repeats = frozenset(("contact.merge", "contact.privacyDeletion")), 1
    ann, bob, cay = (api.create(email=f"{name}@tea.example.test") for name in ("ann", "bob", "cay"))
    api.json("POST", f"{api.objects}/merge", {"primaryObjectId": ann, "objectIdToMerge": bob})
    api.json("POST", f"{api.objects}/gdpr-delete", {"objectId": cay})
    seen = []

    def refuse(method, url, headers, body):
        seen.append(json.loads(body))
        return 500

    for _ in range(11):
        hooks.deliver(URL, refuse)
    assert [len(events) for events in seen] == [4] * 11
    assert {event["attemptNumber"] for event in seen[10]} == {10}
    assert (len(hooks.waiting), len(hooks.given_up)) == (0, 4)
    merges = [event for event in seen[0] if event["subscriptionType"] == "contact.merge"]
    assert len(merges) == 2
    assert merges[0]["mergedObjectIds"] == [bob]
