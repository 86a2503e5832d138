"""What Postbox is to the core: its settings, who we are there, and what can be read."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from regulars import CheckReport, Connector, Http, Secret, Settings

from regulars_postbox.policy import POLICY
from regulars_postbox.source import Readers


class PostboxSettings(Settings):
    """What a client writes under its connection."""

    api_key: Secret = Field(description="API key from Account > Keys; one that may only read is enough")


def check(settings: PostboxSettings, http: Http) -> CheckReport:
    """Who we are."""
    account = http.request("GET", "/account", headers={"X-Api-Key": settings.api_key}).json()
    return CheckReport(account["id"], account["name"])


def connector() -> Connector:
    """`postbox`: readers and what they said to mail."""
    return Connector(
        name="postbox",
        title="Postbox",
        role="mail",
        api_version="1",
        settings=PostboxSettings,
        policy=lambda _: POLICY,
        check=check,
        source=lambda settings, http, _: Readers(http, settings.api_key),
        sandbox=_sandbox,
    )


def _sandbox(*args: Any, **kwargs: Any) -> Any:
    from regulars_postbox.sandbox import PostboxSandbox

    return PostboxSandbox(*args, **kwargs)
