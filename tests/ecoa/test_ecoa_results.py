"""What comes back, and how little of it is believed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from regulars import AuthError, EcoaBatch, EcoaRow, PlatformError
from regulars.testing import Fault
from regulars_ecoa.sandbox.matching import hashed


def results(provider, clock, rows, suppress=()):
    return {result.record_key: result for page in pages(provider, clock, rows, suppress) for result in page.rows}


def pages(provider, clock, rows, suppress=()):
    job = provider.submit(provider.quote(EcoaBatch(rows, suppress)).quote_ref, EcoaBatch(rows, suppress), "key-1")
    clock.forward(timedelta(days=18))
    return list(provider.results(job.job_ref))


def answered(sandbox, *rows):
    body = json.dumps({"rows": rows}).encode()
    sandbox.faults.append(Fault("status", match="/results", status=200, body=body))


def test_every_permission_outcome_comes_back_with_its_date(provider, clock, rows):
    found = results(provider, clock, rows)
    assert {key: (r.new_email, r.code, r.permission) for key, r in found.items()} == {
        "k-ada": ("ada.new@example.test", "MATCHED", "confirmed"),
        "k-bob": ("bob.new@example.test", "MATCHED", "no_response"),
        "k-cyd": (None, "OPTED_OUT", "opted_out"),
        "k-dan": (None, "NO_MATCH", "not_sent"),
    }
    assert found["k-ada"].permission_at.isoformat() == "2026-03-18T12:48:00+00:00"
    assert found["k-dan"].permission_at is None


def test_results_come_in_pages_and_in_another_order(provider, sandbox, clock):
    sandbox.behaviour.page_size = 3
    rows = [EcoaRow(f"k-{n}", f"p{n}@example.test") for n in range(8)]
    found = results(provider, clock, rows)
    assert sorted(found) == [row.record_key for row in rows]
    assert list(found) != sorted(found)
    assert sum("/results" in asked.path for asked in sandbox.log) == 3


def test_results_before_their_time_are_not_ready_rather_than_refused(provider, rows):
    job = provider.submit(provider.quote(EcoaBatch(rows)).quote_ref, EcoaBatch(rows), "key-1")
    with pytest.raises(PlatformError, match=r"not ready \(queued\).*Poll after 2026-03-03 05:36 UTC") as told:
        list(provider.results(job.job_ref))
    assert not isinstance(told.value, AuthError)


def test_a_revoked_token_is_an_auth_error_also_on_results(provider, sandbox, clock, rows):
    job = provider.submit(provider.quote(EcoaBatch(rows)).quote_ref, EcoaBatch(rows), "key-1")
    clock.forward(timedelta(days=18))
    sandbox.revoked = True
    with pytest.raises(AuthError):
        list(provider.results(job.job_ref))


def test_a_suppressed_person_never_comes_back(provider, clock, rows):
    suppress = [hashed("ada@example.test"), hashed("bob.new@example.test")]
    found = results(provider, clock, rows, suppress)
    assert {found["k-ada"].code, found["k-bob"].code} == {"SUPPRESSED_BY_US"}
    assert found["k-ada"].new_email is found["k-bob"].new_email is None


def test_a_provider_may_ignore_the_suppression_list(provider, sandbox, clock, rows):
    sandbox.behaviour.ignores_suppression = True
    assert results(provider, clock, rows, [hashed("ada@example.test")])["k-ada"].new_email


def test_rows_may_be_missing_and_rows_nobody_sent_may_come(provider, sandbox, clock, rows):
    sandbox.behaviour.lost_rows, sandbox.behaviour.added_rows = 1, 2
    found = results(provider, clock, rows)
    assert len(found) == 5
    assert {"foreign-0", "foreign-1"} <= set(found)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("other_customer", "eve@example.test"),
        ("shared", "shared.inbox@example.test"),
        ("same_as_old", "ada@example.test"),
        ("role", "info@example.test"),
    ],
)
def test_the_sandbox_can_be_wrong_in_every_known_way(provider, sandbox, clock, rows, kind, address):
    sandbox.customers = ["ada@example.test", "eve@example.test"]
    sandbox.behaviour.wrong = {"ada@example.test": kind}
    assert results(provider, clock, rows)["k-ada"].new_email == address


def test_an_unknown_permission_word_is_no_permission(provider, sandbox, clock, rows):
    answered(sandbox, {"record_key": "k", "new_email": "a@example.test", "permission": {"status": "yes!"}})
    found = results(provider, clock, rows)["k"]
    assert (found.permission, found.flags) == ("no_response", ("unknown_permission",))


def test_a_confirmation_without_its_time_is_no_permission(provider, sandbox, clock, rows):
    answered(sandbox, {"record_key": "k", "new_email": "a@example.test", "permission": {"status": "confirmed"}})
    found = results(provider, clock, rows)["k"]
    assert (found.permission, found.flags) == ("no_response", ("undated_permission",))


def test_a_row_without_permission_was_never_asked(provider, sandbox, clock, rows):
    answered(sandbox, {"record_key": "k", "new_email": " ", "code": "NO_MATCH"})
    found = results(provider, clock, rows)["k"]
    assert (found.permission, found.new_email) == ("not_sent", None)


def test_an_unreadable_row_is_told_with_its_place_and_the_others_come(provider, sandbox, clock, rows):
    good = {"record_key": "good", "new_email": "a@example.test"}
    answered(sandbox, {"record_key": "bad", "new_email": 7}, {"new_email": "a@example.test"}, good)
    (page,) = pages(provider, clock, rows)
    assert [(one.record_key, one.where) for one in page.unreadable] == [
        ("bad", "job j-7-1, page 1, row 1"),
        ("", "job j-7-1, page 1, row 2"),
    ]
    assert "new_email: string_type" in page.unreadable[0].reason
    assert [one.record_key for one in page.rows] == ["good"]


def test_what_is_no_address_is_none(provider, sandbox, clock, rows):
    answered(sandbox, {"record_key": "odd", "new_email": "nobody"})
    found = results(provider, clock, rows)["odd"]
    assert (found.new_email, found.flags) == (None, ("not_an_address",))


def test_a_code_nobody_told_us_is_an_error_and_kept_as_it_came(provider, sandbox, clock, rows):
    answered(sandbox, {"record_key": "k", "new_email": "a@example.test", "code": "M7"})
    found = results(provider, clock, rows)["k"]
    assert (found.code, found.vendor_code, found.flags) == ("ERROR_FINAL", "M7", ("unknown_code",))


def test_a_cursor_that_turns_in_a_circle_is_an_error(provider, sandbox, clock, rows):
    body = b'{"rows": [], "next_cursor": "c1"}'
    sandbox.faults.append(Fault("status", match="/results", status=200, body=body, times=9))
    with pytest.raises(PlatformError, match="circle"):
        results(provider, clock, rows)


def test_a_page_cut_off_is_read_again(provider, sandbox, clock, rows):
    sandbox.faults.append(Fault("cut", match="/results"))
    assert len(results(provider, clock, rows)) == 4


def test_a_malformed_page_yields_nothing(provider, sandbox, clock, rows):
    sandbox.faults.append(Fault("malformed", match="/results"))
    with pytest.raises(PlatformError, match="not JSON"):
        results(provider, clock, rows)
