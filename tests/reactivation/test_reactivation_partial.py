"""Results that come in two parts: the newest word on a person is the one that counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from reactivation.bench import NOW, usd
from regulars.ecoa import EcoaPage, EcoaResult
from regulars.reactivation import advance, candidates, erase, quote, submit

FIRST = EcoaResult("", "ada.first@example.test", "MATCHED", "sent")
SECOND = EcoaResult("", "ada.second@example.test", "MATCHED", "confirmed")


class InParts:
    """A provider that answers with one row after the other on Ada; only the last is final."""

    def __init__(self, inner, key, *rows):
        self.inner, self.key, self.rows = inner, key, list(rows)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def poll(self, ref):
        state = "partial" if len(self.rows) > 1 else "completed"
        return replace(self.inner.poll(ref), state=state, charged=usd("0.15"))

    def results(self, ref, cursor=None):
        yield EcoaPage([replace(self.rows.pop(0), record_key=self.key)])


@pytest.fixture
def parts(desk, shop, lease, provider):
    """Buy Ada's look-up; returns the provider that answers in these parts."""

    def bought(*rows):
        shop.add("ada")
        job, _ = quote(desk, lease, provider)
        submit(desk, lease, provider, job.quote_ref, "renee")
        (record,) = desk.journal.facts("ecoa_record")
        return InParts(provider, record.payload["key"], *rows)

    return bought


def standing(desk):
    (ada,) = candidates(desk.journal)
    return ada.state, ada.email


def held(desk):
    return [fact.payload["email"] for fact in desk.journal.facts("ecoa_address")]


def test_the_address_that_was_confirmed_replaces_the_one_before(desk, lease, clock, parts):
    provider = parts(FIRST, SECOND)
    advance(desk, lease, provider)
    assert standing(desk) == ("permission_sent", "ada.first@example.test")
    advance(desk, lease, provider)
    assert standing(desk) == ("confirmed", "ada.second@example.test")
    assert held(desk) == ["ada.second@example.test"]


def test_another_address_in_the_same_state_is_news_too(desk, lease, parts):
    provider = parts(replace(SECOND, new_email="ada.first@example.test"), SECOND)
    advance(desk, lease, provider)
    assert advance(desk, lease, provider).found["confirmed"] == 1
    assert held(desk) == ["ada.second@example.test"]


@pytest.mark.parametrize(
    "row", [replace(FIRST, permission="opted_out"), EcoaResult("", None, "NO_MATCH", "not_sent")]
)
def test_after_a_refusal_no_address_is_kept(desk, lease, parts, row):
    provider = parts(FIRST, row)
    advance(desk, lease, provider)
    advance(desk, lease, provider)
    assert held(desk) == []


def test_a_new_end_of_the_right_to_use_it_counts(desk, lease, parts):
    later = NOW + timedelta(days=90)
    provider = parts(SECOND, replace(SECOND, expires_at=later))
    advance(desk, lease, provider)
    advance(desk, lease, provider)
    assert [one.expires_at for one in candidates(desk.journal)] == [later]


def test_the_same_word_again_is_no_news(desk, lease, parts):
    provider = parts(SECOND, SECOND, SECOND)
    advance(desk, lease, provider)
    assert advance(desk, lease, provider).found == {}


def test_an_erased_persons_address_does_not_come_back_with_the_next_part(desk, lease, parts):
    provider = parts(FIRST, FIRST, SECOND)
    advance(desk, lease, provider)
    with desk.journal.tx(lease) as tx:
        erase(tx, ["c-ada"], desk.journal)
    for _ in range(2):
        advance(desk, lease, provider)
        assert held(desk) == []
