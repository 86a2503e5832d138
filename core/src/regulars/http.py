"""The only HTTP client. The core makes it and hands it to a plugin; a plugin never opens its own.

Decided once, here: time-outs, which hosts may be called, retries (reads freely, writes only where
the platform said that nothing happened), the account's rate budget, and that no secret is in any
error or log line. What differs between platforms is a value, the RequestPolicy.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import httpx

from regulars.clock import Clock
from regulars.errors import PlatformError, RefusedError, RegularsError, UnknownOutcomeError
from regulars.jsontext import read_json
from regulars.quota import Level, Limit, Quota
from regulars.retry import TryAgain, attempt
from regulars.secret import Redactor, Secret

log = logging.getLogger("regulars.http")
Transport = httpx.BaseTransport
Params = Mapping[str, str | int] | Sequence[tuple[str, str]]

_READ = httpx.ByteStream(b"")
"""In the place of an answer's stream, which holds the answer: each would stay until cycles are looked for."""
TIMEOUT = 60.0  # seconds; shorter than the lease, so that a lost lease cannot be written past


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    platform: str = ""

    def json(self) -> Any:
        """The body as JSON (see `read_json`). Raises PlatformError where it is cut off or is not JSON."""
        try:
            return read_json(self.body)
        except ValueError as fault:
            raise PlatformError(
                f"{f'{self.platform}: ' if self.platform else ''}the answer is not JSON"
                f" ({fault}; {len(self.body)} bytes)",
                where=self.url,
                hint="Nothing of this page was stored; the next run reads it again",
            ) from None


def _query(params: Params) -> str:
    """Parameters as they stand in an address. Commas stay: long lists of names have many, and each that is
    escaped is work for both sides."""
    pairs = params.items() if isinstance(params, Mapping) else params
    return urlencode([(k, str(v).lower() if isinstance(v, bool) else v) for k, v in pairs], safe=",")


@dataclass(frozen=True, slots=True)
class Fine:
    """The answer is what was asked for (or an error body that the plugin itself reads)."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `after` seconds (None: back off). `nothing_happened` says whether the platform
    refused before doing anything, so that even a write may be repeated."""

    why: str
    after: float | None = None
    nothing_happened: bool = False


Verdict = Fine | Again | RegularsError


def _no_levels(_: Response) -> Sequence[Level]:
    return ()


@dataclass(frozen=True)
class RequestPolicy:
    """How one platform wants to be called.

    `judge` reads an answer: Fine, Again or an error to raise. `levels` reads what an answer says of
    the rate budget. `hosts` are all hosts that may ever be called (exact names); `base_url` is put
    before paths. `in_flight` caps simultaneous requests.
    """

    platform: str
    base_url: str
    hosts: frozenset[str]
    judge: Callable[[Response], Verdict]
    limits: tuple[Limit, ...] = ()
    levels: Callable[[Response], Sequence[Level]] = _no_levels
    in_flight: int | None = None
    timeout: float = TIMEOUT
    attempts: int = 6
    headers: Mapping[str, str] = field(default_factory=dict)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted: read once, it takes a tenth of a second."""
    return httpx.create_ssl_context()


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""


class _Client(httpx.Client):
    """Every call stands for itself: what a platform sets for browsers is neither kept nor sent. Looking for
    cookies took a tenth of a call's time."""

    @property  # type: ignore[misc]  # nobody sets them
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES


_NO_COOKIES = _NoCookies()


class Http:
    """One account's HTTP client. `clock` is the only time a plugin knows: `http.clock.now()`.

    `base_url` overrides the policy's (a sandbox on a port); its host is then the only one allowed.
    """

    def __init__(
        self,
        policy: RequestPolicy,
        *,
        clock: Clock,
        redactor: Redactor,
        base_url: str | None = None,
        transport: Transport | None = None,
        quota: Quota | None = None,
    ) -> None:
        self.policy, self.clock = policy, clock
        self.quota = quota or Quota(clock, policy.limits, policy.in_flight)
        self.base_url = (base_url or policy.base_url).rstrip("/")
        self._sandboxed = base_url is not None
        self._hosts = frozenset({urlsplit(self.base_url).netloc}) if base_url else policy.hosts
        self._redactor = redactor
        self._client = _Client(
            timeout=policy.timeout,
            transport=transport,
            headers=dict(policy.headers),
            follow_redirects=False,
            verify=_trusted(),
            trust_env=not self._sandboxed,
        )
        self.calls = 0
        """Requests sent so far, every attempt counted."""

    def request(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        reads: bool | None = None,
        bucket: str = "default",
        cost: float = 1.0,
    ) -> Response:
        """Send one request and return the answer the policy's judge called Fine.

        `url` is a path below the base URL, or absolute (its host must be allowed). `reads` says that
        the request changes nothing (default: GET and HEAD); such a request is retried freely. A
        Secret among the headers is revealed only here.

        Raises what the judge said; PlatformError when a read cannot be had; UnknownOutcomeError when
        a write may have happened; RefusedError for a host that was not declared, or without TLS.
        """
        target = url if "://" in url else f"{self.base_url}/{url.lstrip('/')}"
        where = f"{method} {self._redactor.clean(target.split('?')[0])}"
        scheme, host = urlsplit(target)[:2]
        if host not in self._hosts:
            raise RefusedError(f"{self.policy.platform} may not call {host}", where=where)
        if scheme != "https" and not self._sandboxed:
            raise RefusedError(f"{self.policy.platform} may not call {host} without TLS", where=where)
        safe = reads if reads is not None else method in ("GET", "HEAD")
        if params:
            # Parsing an address costs more than anything else here: once, with its parameters.
            target += f"{'&' if '?' in target else '?'}{_query(params)}"
        request = self._client.build_request(
            method,
            target,
            json=json,
            data=form,
            content=content,
            headers={k: v.reveal() if isinstance(v, Secret) else v for k, v in (headers or {}).items()},
        )
        return attempt(
            lambda: self._once(request, where, safe, bucket, cost),
            clock=self.clock,
            attempts=self.policy.attempts,
        )

    def conceal(self, value: str) -> None:
        """Remember a value received at run time (an access token) that must never be shown."""
        self._redactor.learn(value)

    def clean(self, text: str) -> str:
        """The text with `[secret]` for every secret of this connection, also URL-encoded, in base64 or
        hex: for a platform's own words in a reason or a message. Error bodies are clean already."""
        return self._redactor.clean(text)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _once(self, request: httpx.Request, where: str, safe: bool, bucket: str, cost: float) -> Response:
        with self.quota.call(bucket, cost):
            self.calls += 1
            try:
                answer = self._client.send(request)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
                # Nothing left this machine, so that a write too may be sent again.
                raise TryAgain(self._down(fault, where)) from None
            except httpx.HTTPError as fault:
                down = self._down(fault, where)
                if safe:
                    raise TryAgain(down) from None
                raise UnknownOutcomeError(down.what, where=where) from None
        body = self._body(answer)
        answer.stream = _READ
        response = Response(answer.status_code, dict(answer.headers), body, where, self.policy.platform)
        for level in self.policy.levels(response):
            self.quota.observe(level)
        verdict = self.policy.judge(response)
        log.debug("%s -> %s", where, answer.status_code)
        match verdict:
            case Fine():
                return response
            case Again(why=why, after=after, nothing_happened=nothing):
                text = self._redactor.clean(self._named(why))
                if safe or nothing:
                    raise TryAgain(PlatformError(text, where=where, hint="Try again later"), after)
                raise UnknownOutcomeError(text, where=where)
            case _:
                verdict.what = self._redactor.clean(self._named(verdict.what))
                verdict.hint = self._redactor.clean(verdict.hint)
                verdict.args = (verdict.what,)  # repr() shows these
                verdict.where = verdict.where or where
                raise verdict

    def _body(self, answer: httpx.Response) -> bytes:
        """The body. A refusal may repeat the secret it refuses, and its words end up in error messages."""
        if answer.status_code < 400:
            return answer.content
        return self._redactor.clean(answer.content.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )

    def _named(self, what: str) -> str:
        """The text with the platform's name, which the person who reads it may have nowhere else."""
        name = self.policy.platform
        return what if name.lower() in what.lower() else f"{name}: {what}"

    def _down(self, fault: Exception, where: str) -> PlatformError:
        text = self._redactor.clean(f"{self.policy.platform} does not answer ({type(fault).__name__}: {fault})")
        return PlatformError(text, where=where, hint="Nothing was lost; try again later")
