"""Writing to very many members: static segments and batches, over a port."""

from __future__ import annotations

import pytest
from mailchimp.tea_house import world_of
from regulars import FieldSpec, JoinList, LeaveList, Missing, SetField
from regulars.testing import Fault, WorldPerson
from regulars_mailchimp import values
from regulars_mailchimp.destination import MailchimpDestination

TAG = "regulars:win-back"
STAGE = FieldSpec("RG_STAGE", "text", "Stage")
CLV = FieldSpec("RG_CLV", "number", "Value")


@pytest.fixture
def crowd(box):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test") for n in range(1100))))
    return box


@pytest.fixture
def there(crowd, settings, http):
    destination = MailchimpDestination(settings, http)
    destination.provision(Missing((STAGE, CLV)))
    crowd.log.clear()
    return destination


@pytest.fixture
def ids(crowd):
    return list(crowd.audience.members)


def posts(box, part=""):
    return [asked for asked in box.log if asked.method != "GET" and part in asked.path]


def statuses(outcomes):
    return {outcome.status for outcome in outcomes}


def tagged(box):
    return sum(bool(member["tags"]) for member in box.audience.members.values())


# --- static segments ---------------------------------------------------------------------------------------


def test_many_join_and_leave_by_the_segment_that_a_tag_is(crowd, there, ids):
    there.held(ids, (), ())
    crowd.log.clear()
    changes = [JoinList(one, TAG) for one in ids]
    outcomes = there.write(changes)
    assert [outcome.change for outcome in outcomes] == changes
    assert statuses(outcomes) == {"written"}
    assert len(posts(crowd)) == 4  # the segment, and 500 + 500 + 100 members
    assert tagged(crowd) == 1100
    assert statuses(there.write([LeaveList(one, TAG) for one in ids])) == {"written"}
    assert tagged(crowd) == 0


def test_few_are_tagged_one_by_one_without_starting_automations(crowd, there, ids):
    there.write([JoinList(one, TAG) for one in ids[:5]])
    assert len(posts(crowd, "/tags")) == 5
    assert all(asked.json()["is_syncing"] for asked in posts(crowd))


def test_whom_the_segment_does_not_take_is_tried_alone(crowd, there, ids, api):
    api.send("DELETE", f"{api.members}/p3@tea.example.test")
    outcomes = there.write([JoinList(one, TAG) for one in [*ids[:30], "0" * 32]])
    assert [outcome.status for outcome in outcomes].count("written") == 30
    assert (outcomes[-1].status, outcomes[-1].reason) == ("rejected", "not a member of the audience any more")
    assert len(posts(crowd, "/tags")) == 1


def test_leaving_a_tag_that_does_not_exist_is_nothing_to_do(crowd, there, ids):
    assert statuses(there.write([LeaveList(one, "regulars:never") for one in ids[:40]])) == {"unchanged"}
    assert posts(crowd) == []


@pytest.mark.parametrize("match", ["/segments ", "members_to_add"])
def test_a_lost_answer_of_a_segment_is_unknown_for_those_it_was_about(crowd, there, ids, match):
    crowd.faults = [Fault("lost", match=match)]
    outcomes = there.write([JoinList(one, TAG) for one in ids[:600]])
    unknown = 600 if match == "/segments " else 500
    assert [outcome.status for outcome in outcomes].count("unknown") == unknown
    again = there.write([JoinList(one, TAG) for one in ids[:600]])
    assert statuses(again) == {"written"}
    assert len({number for number, name in crowd.audience.tags.items() if name == TAG}) == 1


# --- batches -----------------------------------------------------------------------------------------------


def test_very_many_values_go_in_one_batch_and_hold_no_connection_meanwhile(crowd, there, ids, clock):
    changes = [SetField(one, "RG_STAGE", "retention") for one in ids]
    before = clock.now()
    outcomes = there.write(changes)
    assert [outcome.change for outcome in outcomes] == changes
    assert statuses(outcomes) == {"written"}
    assert [asked.path for asked in posts(crowd)] == ["/3.0/batches"]
    assert clock.now() > before
    assert there.held(ids[:1], ["RG_STAGE"], ())[ids[0]].fields == {"RG_STAGE": "retention"}


def test_results_are_fetched_without_the_key(crowd, there, ids):
    there.write([SetField(one, "RG_STAGE", "retention") for one in ids])
    fetched = [asked for asked in crowd.log if asked.path.startswith("/batch-results/")]
    assert len(fetched) == 1
    assert "authorization" not in fetched[0].headers


def test_each_operation_is_judged_alone_and_told_why(crowd, there, ids):
    changes = [SetField(one, "RG_CLV", "much" if n == 7 else "1.5") for n, one in enumerate(ids)]
    changes.append(SetField("0" * 32, "RG_CLV", "1"))
    outcomes = there.write(changes)
    assert [outcome.status for outcome in outcomes].count("written") == 1099
    assert (outcomes[7].status, outcomes[7].reason) == ("rejected", "Please enter a number")
    assert outcomes[-1].reason.startswith("Resource Not Found")


def test_a_merge_tag_that_is_ignored_inside_a_batch_is_a_rejection(crowd, there, ids):
    outcomes = there.write([SetField(one, "RG_NONE", "x") for one in ids])
    assert statuses(outcomes) == {"rejected"}


@pytest.mark.parametrize("match", ["POST /3.0/batches", "GET /batch-results"])
def test_a_batch_that_nobody_knows_about_is_unknown_and_not_sent_again(crowd, there, ids, match):
    crowd.faults = [Fault("lost", match=match, times=9)]
    assert statuses(there.write([SetField(one, "RG_STAGE", "x") for one in ids])) == {"unknown"}
    assert len(posts(crowd)) == 1


def test_a_batch_that_takes_too_long_is_unknown(crowd, there, ids):
    crowd.batch_seconds = 7200.0
    outcomes = there.write([SetField(one, "RG_STAGE", "x") for one in ids])
    assert statuses(outcomes) == {"unknown"}
    assert "not finished within" in outcomes[0].reason


def test_where_too_many_batches_wait_the_values_are_written_one_by_one(crowd, there, ids):
    crowd.batches_elsewhere = 500
    assert statuses(there.write([SetField(one, "RG_STAGE", "x") for one in ids])) == {"written"}
    assert len(posts(crowd, "/members/")) == 1100


def test_a_required_field_of_the_marketer_keeps_values_out_of_batches(crowd, there, ids, api):
    field = {"tag": "MUST", "name": "Must", "type": "text", "required": True}
    api.send("POST", f"lists/{crowd.list_id}/merge-fields", field)
    assert statuses(there.write([SetField(one, "RG_STAGE", "x") for one in ids])) == {"written"}
    assert posts(crowd, "/batches") == []


def test_a_batch_is_for_very_many_only(crowd, there, ids):
    there.write([SetField(one, "RG_STAGE", "x") for one in ids[: values.BATCH_FROM - 990]])
    assert posts(crowd, "/batches") == []
