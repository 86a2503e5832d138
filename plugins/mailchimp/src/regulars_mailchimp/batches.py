"""`/batches`: thousands of requests in one, worked off by Mailchimp without holding any of the ten connections.

Facts used (vendor guide, vendor specification): query parameters of an operation are for GET alone; the results
are a tar.gz of JSON lists at a signed address on another host, which refuses a second authorisation; an
operation that fails raises nothing; 500 unfinished batches are the most.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars import PlatformError, RegularsError, Response, UnknownOutcomeError

from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.models import Problem

_PATIENCE = 480.0  # seconds; shorter than the lease, which nobody renews meanwhile
_FIRST, _LONGEST = 2.0, 15.0  # seconds between looks


@dataclass(frozen=True)
class Operation:
    """One request of a batch. `path` begins with a slash, below /3.0."""

    key: str
    method: str
    path: str
    body: Mapping[str, Any]

    def told(self) -> dict[str, str]:
        """As Mailchimp wants it: the body is a text."""
        return {"method": self.method, "path": self.path, "operation_id": self.key, "body": json.dumps(self.body)}


Results = Mapping[str, tuple[int, Any]]
"""Key of an operation -> its status and what was answered."""


def run(client: MailchimpClient, operations: Sequence[Operation]) -> Results | None:
    """Have them carried out; None where Mailchimp does not take the batch, and then nothing was done.

    Raises UnknownOutcomeError where nobody knows what became of them.
    """
    try:
        response = client.send("POST", "batches", json={"operations": [one.told() for one in operations]})
    except UnknownOutcomeError:
        raise
    except PlatformError:
        return None  # too many batches wait already
    if response.status != 200:
        return None
    try:
        key = str(_object(response)["id"])
        return dict(_read(client, _finished(client, key)))
    except UnknownOutcomeError:
        raise
    except (RegularsError, KeyError, ValueError, tarfile.TarError) as fault:
        raise UnknownOutcomeError(f"a batch's results cannot be read ({fault})", where="batches") from None


def _finished(client: MailchimpClient, key: str) -> str:
    """The address of the results, once there are any."""
    waited, pause = 0.0, _FIRST
    while waited < _PATIENCE:
        client.clock.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, _LONGEST)
        told = client.get(f"batches/{key}", fields="status,response_body_url")
        if told.get("status") == "finished":
            return str(told["response_body_url"])
    raise UnknownOutcomeError(f"batch {key} was not finished within {_PATIENCE:.0f} s", where="batches")


def _read(client: MailchimpClient, url: str) -> Iterator[tuple[str, tuple[int, Any]]]:
    response = client.download(url)
    if response.status != 200:
        raise PlatformError(Problem.read(response).words, where="batches")
    with tarfile.open(fileobj=io.BytesIO(response.body), mode="r:gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry)  # in memory; nothing is unpacked anywhere
            for one in json.loads(file.read()) if file else ():
                yield str(one["operation_id"]), (int(one["status_code"]), _answer(one.get("response")))


def _answer(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) and text else {}


def _object(response: Response) -> dict[str, Any]:
    body = response.json()
    if not isinstance(body, dict):
        raise PlatformError("the answer is no object", where=response.url)
    return body
