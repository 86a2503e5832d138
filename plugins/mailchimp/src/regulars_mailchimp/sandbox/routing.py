"""Routes: each takes a Call and gives (status, body), or raises a Problem."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from regulars.testing import Asked

from regulars_mailchimp.sandbox.problems import Problem, invalid, not_allowed, not_found

if TYPE_CHECKING:
    from regulars_mailchimp.sandbox.audience import Audience, Member
    from regulars_mailchimp.sandbox.platform import MailchimpSandbox


@dataclass(frozen=True)
class Call:
    """A request with the parts of its path; what it names is looked up, or refused as unknown."""

    box: MailchimpSandbox
    asked: Asked
    args: tuple[str, ...]

    @property
    def audience(self) -> Audience:
        """The audience in the path."""
        if self.args[0] not in self.box.audiences:
            raise not_found()
        return self.box.audiences[self.args[0]]

    @property
    def member(self) -> Member:
        """The member in the path, by hash, address or contact_id."""
        return _found(self.audience.find(self.args[1]))

    @property
    def member_by_hash(self) -> Member:
        """The member in the path, by hash alone."""
        return _found(self.audience.find_by_hash(self.args[1]))

    @property
    def segment(self) -> int:
        """The id of the segment in the path."""
        if not self.args[1].isdigit():
            raise not_found()
        return int(self.args[1])

    @property
    def body(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        try:
            body = self.asked.json()
        except ValueError:
            raise Problem(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.") from None
        if not isinstance(body, dict):
            raise invalid("The resource submitted could not be validated.")
        return body

    @property
    def skip(self) -> bool:
        """Whether required merge fields may stay empty."""
        return self.asked.param("skip_merge_validation").lower() == "true"


Reply = tuple[int, Any]
Route = Callable[[Call], Reply]
_ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def route(method: str, pattern: str) -> Callable[[Route], Route]:
    """Register a route; `*` in the pattern is one segment of the path."""

    def enter(function: Route) -> Route:
        _ROUTES.append((method, re.compile(pattern.replace("*", "([^/]+)")), function))
        return function

    return enter


def reply(box: MailchimpSandbox, asked: Asked, path: str) -> Reply:
    """(status, body) for a request for a path below /3.0. Raises Problem."""
    methods = []
    for method, pattern, function in _ROUTES:
        if found := pattern.fullmatch(path):
            methods.append(method)
            if method == asked.method:
                return function(Call(box, asked, tuple(unquote(part) for part in found.groups())))
    if methods:
        raise not_allowed("The requested method and resource are not compatible.", ", ".join(methods))
    raise not_found()


def _found(member: Member | None) -> Member:
    if member is None:
        raise not_found()
    return member
