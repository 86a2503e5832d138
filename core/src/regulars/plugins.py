"""Finding and loading plugins, so that a broken one cannot take the others down.

pluggy's own loader stops at the first plugin that fails at import; ours gives each entry point a try
of its own, and a plugin's connectors are registered inside its own frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from regulars import hookspecs
from regulars.connector import Connector
from regulars.errors import ConfigError, PluginError

GROUP = "regulars"


@dataclass(frozen=True)
class Plugins:
    """What was found: connectors by name, and broken plugins with their reason."""

    connectors: Mapping[str, Connector]
    broken: Mapping[str, str] = field(default_factory=dict)
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(GROUP))

    def connector(self, name: str) -> Connector:
        """The connector of that name. Raises ConfigError (unknown) or PluginError (broken)."""
        if name in self.connectors:
            return self.connectors[name]
        if name in self.broken:
            raise PluginError(f"plugin {name!r} is broken: {self.broken[name]}", hint="Reinstall or remove it")
        near = get_close_matches(name, self.connectors, n=1)
        known = ", ".join(sorted(self.connectors)) or "none"
        hint = f"Did you mean {near[0]!r}?" if near else f"Installed: {known}"
        raise ConfigError(f"no plugin named {name!r}", hint=hint)

    def run_finished(self, summary: Mapping[str, Any]) -> list[str]:
        """Tell every plugin that a run has finished; returns the complaints of those that failed."""
        complaints = []
        for impl in self.manager.hook.run_finished.get_hookimpls():
            try:
                impl.function(**dict.fromkeys(impl.argnames, summary))
            except Exception as fault:  # noqa: BLE001 - a plugin's bug must not spoil a finished run
                complaints.append(f"{impl.plugin_name}: {type(fault).__name__}: {fault}")
        return complaints


def load(disabled: Iterable[str] = (), found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin of the entry point group `regulars` that is not disabled.

    A disabled plugin is not even imported. One that fails, names an unknown hook or registers
    nonsense is listed in `broken`; the others work.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    connectors: dict[str, Connector] = {}
    broken: dict[str, str] = {}
    skip = set(disabled)
    points = entry_points(group=GROUP) if found is None else found
    for point in sorted(points, key=lambda p: p.name):
        if point.name in skip:
            continue
        try:
            mine = _load_one(manager, point)
            if taken := set(mine) & set(connectors):
                raise PluginError(f"another plugin already registered {', '.join(sorted(taken))}")
            connectors |= mine
        except Exception as fault:  # noqa: BLE001 - whatever it raises, the others must load
            if manager.has_plugin(point.name):
                manager.unregister(name=point.name)
            broken[point.name] = f"{type(fault).__name__}: {fault}"
    return Plugins(connectors, broken, manager)


def _load_one(manager: pluggy.PluginManager, point: EntryPoint) -> dict[str, Connector]:
    module = point.load()
    mine: dict[str, Connector] = {}

    def register(connector: Connector) -> None:
        if not isinstance(connector, Connector):
            raise PluginError(f"registered {type(connector).__name__}, not a Connector")
        if connector.name in mine:
            raise PluginError(f"registered {connector.name!r} twice")
        mine[connector.name] = connector

    manager.register(module, name=point.name)
    manager.check_pending()
    for impl in manager.hook.register_connectors.get_hookimpls():
        if impl.plugin_name == point.name:
            impl.function(register)
    return mine
