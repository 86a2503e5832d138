"""`/batches`: many requests in one, worked off later; the results are a file on another host."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from datetime import datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any

from regulars.testing import Answer, Asked

from regulars_mailchimp.sandbox import routing
from regulars_mailchimp.sandbox.paging import links, window
from regulars_mailchimp.sandbox.problems import Problem, invalid, not_found
from regulars_mailchimp.sandbox.routing import Call, Reply, route

if TYPE_CHECKING:
    from regulars_mailchimp.sandbox.platform import MailchimpSandbox

RESULTS = "/batch-results/"
RESULTS_HOST = "mailchimp-api-batch.s3.amazonaws.com"
_PENDING = 500
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_STEPS = ((0.2, "pending"), (0.4, "preprocessing"), (0.8, "started"), (1.0, "finalizing"))
_KEPT = 7 * 86400.0  # seconds
_FILE = 100  # results in one file of the archive

Batch = dict[str, Any]


@route("POST", "batches")
def submit(call: Call) -> Reply:
    """Queue operations. More than 500 batches that are not finished are refused."""
    box = call.box
    operations = call.body.get("operations")
    if not isinstance(operations, list) or not operations or not all(_fits(one) for one in operations):
        raise invalid("The resource submitted could not be validated.", ("operations", "Method and path, please."))
    waiting = sum(batch["results"] is None for batch in box.batches.values())
    if waiting + box.batches_elsewhere >= _PENDING:
        raise Problem(429, "Too Many Requests", f"You have more than {_PENDING} pending batches.")
    key = md5(f"batch:{box.seed}:{len(box.batches)}".encode(), usedforsecurity=False).hexdigest()[:10]
    at = box.clock.now().isoformat()
    box.batches[key] = {"id": key, "operations": operations, "at": at, "results": None, "done_at": ""}
    return 200, _view(call, box.batches[key])


@route("GET", "batches")
def batches(call: Call) -> Reply:
    """All batches, newest first."""
    offset, count = window(call.asked)
    rows = list(call.box.batches.values())[::-1]
    page = [_view(call, batch) for batch in rows[offset : offset + count]]
    return 200, {"batches": page, "total_items": len(rows), "_links": links()}


@route("GET", "batches/*")
def batch(call: Call) -> Reply:
    """How far a batch is."""
    if call.args[0] not in call.box.batches:
        raise not_found()
    return 200, _view(call, call.box.batches[call.args[0]])


@route("DELETE", "batches/*")
def stop(call: Call) -> Reply:
    """Stop a batch; what is done stays done."""
    if call.args[0] not in call.box.batches:
        raise not_found()
    del call.box.batches[call.args[0]]
    return 204, None


def work_off(box: MailchimpSandbox) -> None:
    """Carry out every batch whose time has come."""
    for batch in list(box.batches.values()):
        if batch["results"] is None and _elapsed(box, batch) >= 1.0:
            batch["results"] = [_carry_out(box, one) for one in batch["operations"]]
            batch["done_at"] = box.now()


def download(box: MailchimpSandbox, asked: Asked) -> Answer:
    """The archive with all results. Its host knows signed addresses and wants no other authorisation."""
    if "authorization" in asked.headers:
        return _denied(400, "InvalidArgument", "Only one auth mechanism allowed")
    key = asked.path.removeprefix(RESULTS).removesuffix("-response.tar.gz")
    batch = box.batches.get(key)
    if batch is None or asked.param("Signature") != _signature(box, key):
        return _denied(403, "SignatureDoesNotMatch", "The signature does not match")
    if batch["results"] is None or _age(box, batch) > _KEPT:
        return _denied(404, "NoSuchKey", "The specified key does not exist")
    return Answer(200, _archive(batch), {"content-type": "application/gzip"})


def _fits(operation: Any) -> bool:
    return (
        isinstance(operation, Mapping)
        and operation.get("method") in _METHODS
        and str(operation.get("path", "")).startswith("/")
        and isinstance(operation.get("body", ""), str)
    )


def _carry_out(box: MailchimpSandbox, operation: Mapping[str, Any]) -> dict[str, Any]:
    given = operation.get("params") or {} if operation["method"] == "GET" else {}  # for GET alone
    params = tuple((name, str(value)) for name, value in given.items())
    body = (operation.get("body") or "").encode()
    asked = Asked(operation["method"], operation["path"], params, {}, body, operation["path"])
    try:
        status, told = routing.reply(box, asked, operation["path"].strip("/"))
    except Problem as problem:
        status, told = problem.status, problem.document("batch")
    response = "" if told is None else json.dumps(told)
    return {"status_code": status, "operation_id": operation.get("operation_id"), "response": response}


def _elapsed(box: MailchimpSandbox, batch: Batch) -> float:
    return _age(box, batch) / box.batch_seconds if box.batch_seconds else 1.0


def _age(box: MailchimpSandbox, batch: Batch) -> float:
    return (box.clock.now() - datetime.fromisoformat(batch["at"])).total_seconds()


def _view(call: Call, batch: Batch) -> dict[str, Any]:
    results = batch["results"]
    share = _elapsed(call.box, batch)
    status = "finished" if results is not None else next((word for to, word in _STEPS if share < to), "finalizing")
    url = ""
    if results is not None and _age(call.box, batch) <= _KEPT:
        host = call.asked.headers.get("host", "")
        real = not host or host.endswith("mailchimp.com")
        origin = f"https://{RESULTS_HOST}" if real else f"http://{host}"
        url = f"{origin}{RESULTS}{batch['id']}-response.tar.gz?Signature={_signature(call.box, batch['id'])}"
    return {
        "id": batch["id"],
        "status": status,
        "total_operations": len(batch["operations"]),
        "finished_operations": len(results or ()),
        "errored_operations": sum(one["status_code"] >= 400 for one in results or ()),
        "submitted_at": batch["at"],
        "completed_at": batch["done_at"],
        "response_body_url": url,
        "_links": links(("self", f"{call.box.base}/batches/{batch['id']}")),
    }


def _signature(box: MailchimpSandbox, key: str) -> str:
    return md5(f"signature:{box.seed}:{key}".encode(), usedforsecurity=False).hexdigest()


def _archive(batch: Batch) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for start in range(0, len(batch["results"]), _FILE):
            text = json.dumps(batch["results"][start : start + _FILE]).encode()
            entry = tarfile.TarInfo(f"./{batch['id']}-{start}.json")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return packed.getvalue()


def _denied(status: int, code: str, message: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return Answer(status, body, {"content-type": "application/xml"})
