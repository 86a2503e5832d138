"""Email Change of Address (ECOA) connector for Regulars: hook implementations only."""

from __future__ import annotations

from collections.abc import Callable

from regulars import Connector, hookimpl


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Bring the generic HTTP provider, `ecoa_http`."""
    from regulars_ecoa.connector import connector

    register(connector())
