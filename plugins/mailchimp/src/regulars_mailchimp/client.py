"""Mailchimp's Marketing API 3.0: where it is, how it says no, and which answers may be asked for again.

Problem documents are told apart by title and status; their `type` is missing on some (recorded traffic).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from regulars import (
    Again,
    AuthError,
    ConfigError,
    Fine,
    Http,
    PlatformError,
    RequestPolicy,
    Response,
    Secret,
    Verdict,
)

from regulars_mailchimp.lanes import Lanes, busy
from regulars_mailchimp.models import Member, Problem
from regulars_mailchimp.settings import MailchimpSettings

PAGE = 1000  # members on a page, the most that Mailchimp gives
API = "3.0"

RESULT_HOSTS = frozenset({"mailchimp-api-batch.s3.amazonaws.com", "storage.googleapis.com"})
"""Where results of batches were seen to be kept, at signed addresses; no key ever goes there. Results kept
anywhere else are not fetched, and what was written is found out by reading back."""

LOGIN_HOST = "login.mailchimp.com"

_BUSY = 10.0  # seconds; Mailchimp sends no Retry-After, and a hung request holds its connection up to 120 s
_READ_BY_US = (400, 404, 405)
_KEY = re.compile(r"\S+-([a-z]{2}[0-9]+)")
Item = TypeVar("Item")
Result = TypeVar("Result")


def policy(settings: MailchimpSettings) -> RequestPolicy:
    """How the account wants to be called. Raises AuthError where the data centre is not known."""
    host = f"{data_centre(settings)}.api.mailchimp.com"
    login = frozenset({LOGIN_HOST}) if settings.data_centre else frozenset()
    return RequestPolicy(
        platform="Mailchimp",
        base_url=f"https://{host}",
        hosts=frozenset({host}) | RESULT_HOSTS | login,
        judge=judge,
        levels=Lanes(settings.concurrency),
        in_flight=settings.concurrency,
    )


def data_centre(settings: MailchimpSettings) -> str:
    """Where the account lives, such as us19. Raises AuthError where nothing says so."""
    if settings.data_centre:
        return settings.data_centre
    found = _KEY.fullmatch(settings.key.reveal())
    if found is None:
        raise AuthError(
            "the API key does not end with its data centre",
            where="mailchimp key",
            hint="Copy the whole key, such as 0123456789abcdef0123456789abcdef-us19; beside an OAuth token set"
            " data_centre",
        )
    return found[1]


def judge(response: Response) -> Verdict:
    """400, 404 and 405 are Fine: whoever asked reads the problem. A 403 without a problem document is
    how Mailchimp refuses a connection too many, and then nothing was done."""
    problem = Problem.read(response)
    match response.status:
        case status if status < 300 or status in _READ_BY_US:
            return Fine()
        case 401:
            return AuthError(problem.words, hint="Make a new API key in Mailchimp and store it as the secret")
        case 429 | 403 if busy(response):
            why = "too many connections at once" if response.status == 429 else "refused without a reason"
            return Again(f"{why}, as it does when busy", after=_BUSY, nothing_happened=True)
        case 403:
            return AuthError(problem.words, hint="Check the key and the rights of the user who made it")
        case 503 if problem.title == "ComplianceRelated":
            return PlatformError(problem.words, hint="Mailchimp has closed this account's API; ask its support")
        case 500 | 502 | 503 | 504:
            return Again(f"status {response.status}")
    return PlatformError(problem.words)


class MailchimpClient:
    """One account's API, with the key in every request's header and nowhere else."""

    def __init__(self, settings: MailchimpSettings, http: Http) -> None:
        self._http, self.workers = http, settings.concurrency
        self._oauth = settings.key if settings.data_centre else None
        token = settings.key.reveal()
        if self._oauth is None:
            token = b64encode(f"regulars:{token}".encode()).decode()
            http.conceal(token)
        scheme = "Bearer" if self._oauth else "Basic"
        self._headers = {"authorization": Secret("mailchimp authorization", f"{scheme} {token}")}
        self.list = f"lists/{quote(settings.audience, safe='')}"
        self.clock = http.clock
        shared = http.policy.levels
        self._lanes = shared if isinstance(shared, Lanes) else Lanes(settings.concurrency)
        self.data_centre = data_centre(settings)

    def send(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH"],
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Response:
        """The answer, a problem of status 400, 404 or 405 included. Raises what Http.request raises."""
        with self._lanes.take():
            return self._http.request(method, f"{API}/{path}", params=params, json=json, headers=self._headers)

    def metadata(self) -> dict[str, Any] | None:
        """What the login host says of an OAuth token (`dc`, `accountname` ...); None for an API key. A
        token that is not valid is told with status 200. Raises AuthError."""
        if self._oauth is None:
            return None
        simulated = self._http.base_url != self._http.policy.base_url
        origin = self._http.base_url if simulated else f"https://{LOGIN_HOST}"
        headers = {"authorization": Secret("mailchimp authorization", f"OAuth {self._oauth.reveal()}")}
        told = self._http.request("GET", f"{origin}/oauth2/metadata", headers=headers).json()
        if not isinstance(told, dict) or told.get("error") or not told.get("dc"):
            why = told.get("error") if isinstance(told, dict) else "no object"
            raise AuthError(
                f"the OAuth token is not valid ({why})", where="mailchimp key", hint="Connect the account again"
            )
        return told

    def download(self, url: str) -> Response:
        """A file at a signed address; no key goes there. Raises what Http.request raises."""
        return self._http.request("GET", url)

    def find(self, path: str, **params: str | int) -> dict[str, Any] | None:
        """An object, None where Mailchimp says that it does not exist. Raises PlatformError otherwise."""
        return self.read(self.send("GET", path, params=params))

    def read(self, response: Response) -> dict[str, Any] | None:
        """The object in an answer, as `find` gives it."""
        problem = Problem.read(response)
        if response.status == 404 and problem.title == "Resource Not Found":
            return None
        if response.status != 200:
            raise PlatformError(problem.words, where=response.url, hint="Run `check`")
        body = response.json()
        if not isinstance(body, dict):
            raise PlatformError("the answer is no object", where=response.url, hint="Try again later")
        return body

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """An object that must exist. Raises ConfigError where it does not."""
        return self.there(self.send("GET", path, params=params), path)

    def there(self, response: Response, path: str) -> dict[str, Any]:
        """The object in an answer, as `get` gives it."""
        body = self.read(response)
        if body is None:
            raise ConfigError("Mailchimp has no such thing", where=path, hint="Check the audience ID")
        return body

    def tags(self, member: Member) -> list[str]:
        """All of a member's tags; one more request for who has more than a member shows."""
        return member.tag_names if member.tags_count <= len(member.tags) else self.all_tags(member.id)

    def all_tags(self, key: str) -> list[str]:
        """The names of all tags of the member with this hash."""
        body = self.get(f"{self.list}/members/{key}/tags", count=PAGE, fields="tags.name")
        return [tag["name"] for tag in body.get("tags", [])]

    def parallel(self, call: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """`call` of each item, in order, as many at a time as the settings allow. The first error is
        raised once what is under way has ended; what had not begun is not begun."""
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            waiting = [pool.submit(call, item) for item in items]
            try:
                return [future.result() for future in waiting]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
