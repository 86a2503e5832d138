"""Sharing an account's connections with others."""

from __future__ import annotations

import threading

import pytest
from regulars import Response
from regulars_mailchimp.lanes import Lanes


def answer(status, body=b""):
    return Response(status, {}, body, "here")


@pytest.mark.parametrize(
    "refusal", [answer(429), answer(403), answer(403, b"<html>"), answer(429, b'{"title":"x"}')]
)
def test_a_refusal_takes_a_lane_away_until_answers_are_calm_again(refusal):
    lanes = Lanes(4)
    lanes(refusal)
    assert lanes.limit == 3
    for _ in range(50):
        lanes(answer(200))
    assert lanes.limit == 4


def test_one_lane_always_stays_and_there_are_never_more_than_allowed():
    lanes = Lanes(2)
    for _ in range(9):
        lanes(answer(429))
    assert lanes.limit == 1
    for _ in range(500):
        lanes(answer(200))
    assert lanes.limit == 2


def test_a_refusal_with_a_reason_is_about_rights_not_about_connections():
    lanes = Lanes(4)
    lanes(answer(403, b'{"title":"Forbidden"}'))
    assert lanes.limit == 4


def test_whoever_was_refused_is_waited_for_by_the_others():
    lanes, begun = Lanes(2), threading.Event()

    def later():
        with lanes.take():
            begun.set()

    with lanes.take():  # was refused, and waits to try again
        lanes(answer(429))
        other = threading.Thread(target=later)
        other.start()
        assert not begun.wait(0.05)
    other.join(5)
    assert begun.is_set()
