"""Thousands of changes in one file: staged, begun once, read line by line."""

import json
from datetime import timedelta

import pytest
from regulars import AuthError, FieldSpec, JoinList, LeaveList, SetField, UnknownOutcomeError
from regulars.testing import Asked, Fault
from regulars.testing.contract.bench import Bench
from regulars_shopify.connector import connector
from regulars_shopify.destination import ShopifyDestination
from shopify.conftest import a_world

STAGE = FieldSpec("regulars.stage", "text")
VIP = "regulars:vip"
PEOPLE = 150


@pytest.fixture
def there(box, connect):
    """A destination on a shop of 150 customers, whom it gets all at once."""
    box.populate(a_world(PEOPLE))
    shop = connect()
    made = ShopifyDestination(shop.settings, shop.http)
    made.provision(made.missing([STAGE], [VIP]))
    box.log.clear()
    return made


def gid(number):
    return f"gid://shopify/Customer/{7_000_000_000_000 + number}"


def sets(value="expansion"):
    return [SetField(gid(n), "regulars.stage", value) for n in range(1, PEOPLE + 1)]


def statuses(outcomes):
    return [one.status for one in outcomes]


def asked_for(box, root):
    return [asked for asked in box.log if f"{root}(".encode() in asked.body]


def values(box):
    return [c.metafields.get("regulars.stage") for c in box.customers.live.values()]


def test_many_fields_go_as_one_file_and_every_line_is_read(box, there):
    assert set(statuses(there.write(sets()))) == {"written"}
    assert set(values(box)) == {"expansion"}
    assert len(asked_for(box, "metafieldsSet")) == 1  # in the text of the bulk mutation
    assert len(box.uploads.files) == 1
    assert box.operations.leaks == []  # no token went to the staging host


def test_few_fields_go_in_ordinary_calls(box, there):
    there.write(sets()[:100])
    assert box.uploads.files == {}


def test_lines_come_in_no_order_and_find_their_customer(box, there):
    changes = sets()
    changes[41] = SetField(gid(9999), "regulars.stage", "x")
    outcomes = there.write(changes)
    assert [(n, one.reason) for n, one in enumerate(outcomes) if one.status != "written"] == [
        (41, "Owner does not exist.")
    ]
    (operation,) = box.operations.all
    numbers = [json.loads(line)["__lineNumber"] for line in operation.result.splitlines()]
    assert numbers != sorted(numbers)
    assert b"gid:\\/\\/shopify" in operation.result


def test_completed_is_not_success_where_every_line_says_no(box, there):
    outcomes = there.write(sets("two\nlines"))
    assert set(statuses(outcomes)) == {"rejected"}
    assert set(values(box)) == {None}


def test_a_value_that_somebody_changed_is_not_overwritten_by_a_file_either(box, there):
    there.held([c.id for c in sets()], ["regulars.stage"], ())
    box.customers.live[7].metafields["regulars.stage"] = "set by the merchant"
    outcomes = there.write(sets())
    assert [n for n, one in enumerate(outcomes) if one.status == "drifted"] == [6]
    assert box.customers.live[7].metafields["regulars.stage"] == "set by the merchant"


def test_one_customers_fields_share_a_line_and_one_bad_value_does_not_take_the_other_along(box, there):
    there.provision(there.missing([FieldSpec("regulars.clv", "number")], []))
    changes = sets() + [SetField(gid(n), "regulars.clv", "1") for n in range(1, PEOPLE + 1)]
    changes[-1] = SetField(gid(PEOPLE), "regulars.clv", "one")
    outcomes = there.write(changes)
    assert statuses(outcomes) == ["written"] * (2 * PEOPLE - 1) + ["rejected"]
    assert set(values(box)) == {"expansion"}


def test_clearing_goes_in_ordinary_calls(box, there):
    there.write(sets())
    assert set(statuses(there.write(sets(None)))) == {"written"}
    assert set(values(box)) == {None}


def test_tags_are_joined_and_left_by_files_and_nothing_else_is_touched(box, there):
    people = [gid(n) for n in range(1, PEOPLE + 1)]
    box.customers.live[3].tags = ["wholesale"]
    assert set(statuses(there.write([JoinList(one, VIP) for one in people]))) == {"written"}
    assert box.customers.live[3].tags == [VIP, "wholesale"]
    assert set(statuses(there.write([LeaveList(one, VIP) for one in people]))) == {"written"}
    assert {tuple(c.tags) for c in box.customers.live.values()} == {(), ("wholesale",)}
    assert box.forbidden == []


# --- unknown outcomes ---


@pytest.mark.parametrize("kind", ["lost", "cut"])
def test_an_operation_whose_beginning_was_not_confirmed_is_found_and_not_begun_twice(box, there, kind):
    box.faults = [Fault(kind, match="bulkOperationRunMutation")]
    assert set(statuses(there.write(sets()))) == {"written"}
    assert len(box.operations.all) == 1


def test_an_operation_that_a_killed_process_left_behind_is_waited_for(box, connect, there, clock):
    box.faults = [Fault("status", match="BulkPoll", status=401, body=b'{"errors":"no"}')]
    with pytest.raises(AuthError, match="refuses the access token"):
        there.write(sets())
    box.faults = []
    shop = connect()
    assert set(statuses(ShopifyDestination(shop.settings, shop.http).write(sets()))) == {"written"}
    assert len(box.operations.all) == 1


def test_the_same_file_another_time_is_another_operation(box, there):
    people = [gid(n) for n in range(1, PEOPLE + 1)]
    for kind in (JoinList, LeaveList, JoinList):
        there.write([kind(one, VIP) for one in people])
    assert {tuple(c.tags) for c in box.customers.live.values()} == {(VIP,)}
    assert len(box.operations.all) == 3


def test_an_operation_that_was_not_begun_is_of_unknown_outcome(box, there):
    box.faults = [Fault("drop", match="bulkOperationRunMutation")]
    with pytest.raises(UnknownOutcomeError):
        there.write(sets())
    assert box.operations.all == []


def test_a_failed_operation_may_have_done_a_part_and_is_read_back(box, there):
    box.operations.failures = ["INTERNAL_SERVER_ERROR"]
    with pytest.raises(UnknownOutcomeError, match="broke off"):
        there.write(sets())
    held = there.held([c.id for c in sets()], ["regulars.stage"], ())
    assert sum(one.fields["regulars.stage"] == "expansion" for one in held.values()) == PEOPLE // 2


def test_five_others_are_waited_for(box, there, clock):
    for number in range(5):
        box.operations.start("MUTATION", f"mutation Other{number} {{ x }}", b"", 60 * 5000, 1)
    begun = clock.now()
    assert set(statuses(there.write(sets()))) == {"written"}
    assert clock.now() - begun >= timedelta(seconds=60)


def test_a_plan_says_what_a_file_costs(there):
    changes = [SetField(gid(n), "regulars.stage", "x") for n in range(1000)]
    assert there.price(changes).writes == 5
    assert there.price([JoinList(gid(n), VIP) for n in range(1000)]).writes == 5
    assert there.price([JoinList(gid(n), VIP) for n in range(400)]).writes == 400


# --- the staging host and what the operation refuses ---


def staged(graph):
    told = graph.data(
        """mutation S($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
             stagedTargets { url parameters { name value } } userErrors { message } } }""",
        input=[{"resource": "BULK_MUTATION_VARIABLES", "filename": "x.jsonl", "mimeType": "text/jsonl"}],
    )
    (target,) = told["stagedUploadsCreate"]["stagedTargets"]
    return {p["name"]: p["value"] for p in target["parameters"]}


def put(box, fields, headers=()):
    body = (
        "".join(f'--B\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields)
        + "--B--\r\n"
    )
    told = {"content-type": "multipart/form-data; boundary=B", **dict(headers)}
    return box.handle(Asked("POST", "/", (), told, body.encode(), "/"))


def begin(
    graph,
    path,
    mutation="mutation T($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } } }",
):
    told = graph.data(
        """mutation R($m: String!, $p: String!) { bulkOperationRunMutation(mutation: $m, stagedUploadPath: $p) {
             bulkOperation { id } userErrors { code field message } } }""",
        m=mutation,
        p=path,
    )
    return told["bulkOperationRunMutation"]


def test_the_file_must_be_the_last_field_and_no_token_may_come_along(graph, box):
    parameters = staged(graph)
    fields = list(parameters.items())
    assert put(box, [("file", "x"), *fields]).status == 400
    assert put(box, [*fields, ("file", "x")], {"x-shopify-access-token": box.token}).status == 400
    assert len(box.operations.leaks) == 1
    assert put(box, [(n, "another" if n == "policy" else v) for n, v in fields] + [("file", "x")]).status == 403
    answer = put(box, [*fields, ("file", "x")])
    assert (answer.status, b"<Key>tmp/" in answer.body) == (201, True)


def test_a_ticket_runs_out_after_seven_days(graph, box, clock):
    fields = [*staged(graph).items(), ("file", "x")]
    clock.forward(timedelta(days=8))
    assert put(box, fields).status == 403


@pytest.mark.parametrize(
    ("mutation", "code"),
    [
        ("mutation { not parseable", "INVALID_MUTATION"),
        ("query Q { shop { id } }", "INVALID_MUTATION"),
        ("mutation M { customerDelete { userErrors { message } } }", None),
        ("mutation M { tagsAdd { node { id } } tagsRemove { node { id } } }", None),
    ],
)
def test_what_is_no_bulk_mutation_is_refused(graph, mutation, code):
    (error,) = begin(graph, "tmp/none", mutation)["userErrors"]
    assert error["code"] == code


def test_a_file_that_is_not_there_or_holds_nothing_or_too_much_is_refused(graph, box):
    codes = [begin(graph, "tmp/none")["userErrors"][0]["code"]]
    for content in ("", "x" * 50):
        parameters = staged(graph)
        put(box, [*parameters.items(), ("file", content)])
        box.uploads.largest = 40
        codes.append(begin(graph, parameters["key"])["userErrors"][0]["code"])
    assert codes == ["NO_SUCH_FILE", "INVALID_STAGED_UPLOAD_FILE", "INVALID_STAGED_UPLOAD_FILE"]


def test_under_the_platforms_own_hosts_the_token_goes_to_the_shop_alone():
    bench = Bench(connector(), 150)
    bench.sandbox.populate(a_world(PEOPLE))
    there = bench.destination()
    there.provision(there.missing([STAGE], []))
    assert set(statuses(there.write(sets()))) == {"written"}
    hosts = {asked.headers["host"]: "x-shopify-access-token" in asked.headers for asked in bench.sandbox.log}
    assert hosts == {
        "sandbox.myshopify.com": True,
        "shopify-staged-uploads.storage.googleapis.com": False,
        "storage.googleapis.com": False,
    }
