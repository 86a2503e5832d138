"""Postbox, an imaginary newsletter service, for Regulars: hook implementations only."""

from __future__ import annotations

from collections.abc import Callable

from regulars import Connector, hookimpl


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Bring `postbox`."""
    from regulars_postbox.connector import connector

    register(connector())
