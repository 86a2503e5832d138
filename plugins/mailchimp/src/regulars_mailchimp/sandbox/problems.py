"""Problem documents: how Mailchimp says no.

A document has `type`, `title`, `status`, `detail`, `instance` and sometimes `errors`. `type` is absent
where the address is known already or is in a compliance state (recorded traffic of 2021 and 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"
_UNTYPED = frozenset({"Member Exists", "Member In Compliance State", "Forgotten Email Not Subscribed"})


class Problem(Exception):
    """A refusal; nothing was changed."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        allow: str = "",
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.errors, self.allow = status, title, detail, errors, allow

    def document(self, request_id: str) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {} if self.title in _UNTYPED else {"type": _TYPE}
        body |= {"title": self.title, "status": self.status, "detail": self.detail, "instance": request_id}
        if self.errors:
            body["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return body


def invalid(detail: str, *errors: tuple[str, str]) -> Problem:
    """The body or a parameter is wrong."""
    return Problem(400, "Invalid Resource", detail, errors)


def not_found() -> Problem:
    """There is no such thing."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def not_allowed(detail: str, allow: str) -> Problem:
    """The thing is there, but not for this method."""
    return Problem(405, "Method Not Allowed", detail, allow=allow)


def exists(email: str) -> Problem:
    """The address is a member already, maybe an archived one."""
    return Problem(
        400, "Member Exists", f"{email} is already a list member. Use PUT to insert or update list members."
    )


def compliance(email: str) -> Problem:
    """The person unsubscribed, the address bounced, or Mailchimp reviewed it: no API call subscribes it."""
    detail = (
        f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review"
        " and cannot be subscribed."
    )
    return Problem(400, "Member In Compliance State", detail)


def forgotten(email: str) -> Problem:
    """The address was deleted permanently and can only come back through the person's own act."""
    detail = f"{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe."
    return Problem(400, "Forgotten Email Not Subscribed", detail)
