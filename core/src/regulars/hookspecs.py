"""The whole contract between the core and its plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pluggy

from regulars.connector import Connector

hookspec = pluggy.HookspecMarker("regulars")
hookimpl = pluggy.HookimplMarker("regulars")


@hookspec
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Call `register(connector)` once for every connector the plugin brings."""


@hookspec
def run_finished(summary: Mapping[str, Any]) -> None:
    """Told once at the end of every run of every client, with what `last_run.json` holds."""
