"""The connector value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regulars import Connector

from regulars_ecoa.client import policy
from regulars_ecoa.provider import EcoaHttp, check
from regulars_ecoa.settings import EcoaSettings

if TYPE_CHECKING:
    from regulars_ecoa.sandbox import EcoaSandbox


def connector() -> Connector:
    """`ecoa_http`: any provider that speaks the API of the README, directly or through a small proxy."""
    return Connector(
        name="ecoa_http",
        title="ECOA provider (HTTP)",
        role="ecoa",
        api_version="v1",
        settings=EcoaSettings,
        policy=policy,
        check=check,
        ecoa=EcoaHttp,
        sandbox=_sandbox,
        scopes={"jobs": "to ask a price, to buy a job, and to read its state and results"},
    )


def _sandbox(*args: Any, **kwargs: Any) -> EcoaSandbox:
    from regulars_ecoa.sandbox import EcoaSandbox

    return EcoaSandbox(*args, **kwargs)
