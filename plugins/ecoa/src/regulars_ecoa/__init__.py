"""Email Change of Address (ECOA) connector for Regulars: hook implementations only."""

from __future__ import annotations

from collections.abc import Callable

from regulars import Connector, hookimpl


@hookimpl
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Bring the two generic providers, `ecoa_http` and `ecoa_file`."""
    from regulars_ecoa.connector import connector, file_connector

    register(connector())
    register(file_connector())
