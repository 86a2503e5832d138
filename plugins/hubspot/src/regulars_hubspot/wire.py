"""One account's requests: authentication, the day's budget, refusals and the envelopes of answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from regulars import AuthError, Http, PlatformError, QuotaError, Response

from regulars_hubspot.access import access_of
from regulars_hubspot.models import listed
from regulars_hubspot.paths import PATHS
from regulars_hubspot.policy import Usage, usage
from regulars_hubspot.refusals import ExpiredError, complaint
from regulars_hubspot.settings import HubSpotSettings

Body = dict[str, Any]
RESERVE = 0.01
"""Share of the account's daily calls that is left to its other integrations."""


class Wire:
    """Sends requests to one account. Raises AuthError, QuotaError and PlatformError as the policy says."""

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        self.http, self.paths = http, PATHS[settings.api]
        self._access = access_of(settings, http, self.paths.token)
        self.usage: Usage | None = None
        """Calls of the day as the last answer told, None where none did (OAuth apps)."""

    def send(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH"],
        path: str,
        *,
        accept: tuple[int, ...] = (),
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        reads: bool | None = None,
        bucket: str = "default",
    ) -> Response:
        """Send one request. An answer of 400 and more is returned only where its status is in `accept`.

        A token that ends on the way is renewed once: HubSpot refused before it did anything.
        """
        header = self._access.header()

        def once() -> Response:
            return self.http.request(
                method,
                path,
                params=params,
                json=json,
                headers={"Authorization": header},
                reads=reads,
                bucket=bucket,
            )

        try:
            answer = once()
        except ExpiredError as fault:
            if not self._access.renew(header):
                raise AuthError(fault.what, where=fault.where, hint=fault.hint) from None
            header = self._access.header()
            answer = once()
        self.usage = usage(answer) or self.usage
        if answer.status >= 400 and answer.status not in accept:
            raise PlatformError(f"HubSpot refused: {self.complaint(answer)}", where=answer.url)
        return answer

    def spare(self) -> None:
        """Raise QuotaError where the day is nearly used up: other integrations of the account need the rest."""
        told = self.usage
        if told is not None and told.left <= told.daily * RESERVE:
            raise QuotaError(
                f"{told.left:,} of the account's {told.daily:,} daily calls are left, which its other"
                " integrations need",
                where="HubSpot",
                hint="There are new ones at midnight in the portal's time zone; the next run goes on from here",
            )

    def complaint(self, answer: Response) -> str:
        """HubSpot's own words in one line, without a secret or an address."""
        return self.http.clean(complaint(answer))


def object_of(answer: Response) -> Body:
    """The answer's JSON object. Raises PlatformError where it is something else."""
    body = answer.json()
    if not isinstance(body, dict):
        raise PlatformError("the answer is not a JSON object", where=answer.url)
    return body


def results_of(body: Body) -> list[Any]:
    """The rows of a page or batch. Raises PlatformError where there are none."""
    found = body.get("results")
    if not isinstance(found, list):
        raise PlatformError("HubSpot's answer has no results", hint="Nothing of this page was stored")
    return found


def page_of(answer: Response) -> tuple[list[Any], str | None]:
    """The records of a page and the cursor of the next. Each is a Row, or all are as they came (see `rows_of`).
    Raises PlatformError where there are none."""
    if found := listed(answer.body):
        return found[0], after_of({"paging": found[1]})
    body = object_of(answer)
    return results_of(body), after_of(body)


def after_of(body: Body) -> str | None:
    """The cursor of the next page; there is no `paging` on the last."""
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)
