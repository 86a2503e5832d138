"""Open connections: a client's account on a platform, with its settings, its HTTP client and its identity.

A connection that names a sandbox is served by that simulated platform, on a port of this machine, and
everything else about it stays the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any

from regulars.config import (
    Client,
    Complaints,
    ConnectionConfig,
    Workspace,
    connection_config,
    connection_settings,
    read_toml,
)
from regulars.connector import (
    CheckReport,
    Connector,
    Destination,
    Discovery,
    Drafts,
    Finding,
    Settings,
    Source,
    Totals,
)
from regulars.ecoa import EcoaProvider
from regulars.errors import ConfigError, PluginError, RegularsError, WrongAccountError
from regulars.http import Http, RequestPolicy
from regulars.plugins import Plugins
from regulars.quota import Quota


class Connection:
    """One open account. What is read or written goes through it, after the account's id was compared."""

    def __init__(self, client: Client, name: str, connector: Connector, settings: Settings, http: Http) -> None:
        self.client, self.name, self.connector, self.settings, self.http = client, name, connector, settings, http
        self._report: CheckReport | None = None
        self._lock = threading.Lock()

    @property
    def config(self) -> ConnectionConfig:
        """What the client's file says of this connection."""
        return self.client.config.connections[self.name]

    @property
    def where(self) -> str:
        """Client and connection, for messages: "brightpaw.crm"."""
        return f"{self.client.id}.{self.name}"

    def check(self) -> CheckReport:
        """Who answers and what was found; asked once while the connection is open."""
        with self._lock:
            if self._report is None:
                with self._contract():
                    self._report = self.connector.check(self.settings, self.http)
                    if not isinstance(self._report, CheckReport):
                        raise PluginError(f"check returned {type(self._report).__name__}, not a CheckReport")
            return self._report

    def verify(self) -> None:
        """Raises WrongAccountError when somebody else answers, ConfigError when nobody said who should."""
        expected, found = self.config.expect_id, self.check()
        if expected is None:
            raise ConfigError(
                f"expect_id is not set; {found.account_id} ({found.account_name}) answers",
                where=self.where,
                hint=f"If that is the right account: regulars check {self.where} --accept",
            )
        if found.account_id != expected:
            raise WrongAccountError(
                f"{found.account_id} ({found.account_name}) answers, expected {expected}",
                where=self.where,
                hint="Nothing was read from it or written to it; mend the credentials or expect_id",
            )

    def findings(self) -> tuple[Finding, ...]:
        """The plugin's findings after ours: identity, and where currency or zone are not the client's."""
        found, expected, config = self.check(), self.config.expect_id, self.client.config
        who = f"{found.account_id} {found.account_name!r}"
        if expected is None:
            mine = [Finding("warning", "identity", f"{who} answers; expect_id is not set")]
        elif expected == found.account_id:
            mine = [Finding("ok", "identity", f"{who} = expect_id")]
        else:
            mine = [Finding("error", "identity", f"{who} answers, expect_id is {expected}")]
        if found.currency not in (None, config.currency):
            mine.append(
                Finding("warning", "currency", f"{found.currency}; the client's books are {config.currency}")
            )
        if found.timezone not in (None, config.timezone):
            mine.append(Finding("warning", "zone", f"{found.timezone}; the client's days are {config.timezone}'s"))
        elif found.timezone:
            mine.append(Finding("ok", "zone", f"{found.timezone} = the client's"))
        return (*mine, *found.findings)

    def source(self, extra: Sequence[str] | None = None) -> Source:
        """What to read from. `extra` are further properties (default: those that signals need).

        Raises ConfigError where this connection is not for reading, and what `verify` raises.
        """
        make = self._ability(self.connector.source, self.config.reads, "read from")
        wanted = self.client.config.custom_properties(self.name) if extra is None else extra
        with self._contract():
            return self._guarded(make(self.settings, self.http, wanted))  # type: ignore[no-any-return]

    def destination(self) -> Destination:
        """What to write to. Raises ConfigError where this is not a target, and what `verify` raises."""
        make = self._ability(self.connector.destination, self.config.writes, "written to")
        with self._contract():
            return self._guarded(make(self.settings, self.http))  # type: ignore[no-any-return]

    def totals(self, since: datetime, until: datetime) -> Totals:
        """What the shop itself says of a span of time. Raises ConfigError where it cannot or is not read from,
        and what `verify` raises."""
        make = self._ability(self.connector.totals, self.config.reads, "asked for totals")
        with self._contract():
            told: Totals = make(self.settings, self.http, since, until)
        return Totals(told.orders, self._guarded(told).each(told.pages))

    def discover(self) -> Discovery:
        """What the account holds. Raises ConfigError where the plugin cannot tell, and what `verify` raises."""
        make = self._ability(self.connector.discover, True, "discovered")
        with self._contract():
            return make(self.settings, self.http)  # type: ignore[no-any-return]

    def drafts(self) -> Drafts:
        """For preparing campaigns. Raises ConfigError where the platform cannot or this is not a target, and
        what `verify` raises."""
        make = self._ability(self.connector.drafts, self.config.writes, "given drafts of campaigns")
        with self._contract():
            return self._guarded(make(self.settings, self.http))  # type: ignore[no-any-return]

    def ecoa(self) -> EcoaProvider:
        """The provider of new addresses. Raises ConfigError where it is none, and what `verify` raises."""
        make = self._ability(self.connector.ecoa, True, "asked for new addresses")
        with self._contract():
            return self._guarded(make(self.settings, self.http))  # type: ignore[no-any-return]

    def _ability(self, make: Any, allowed: bool, what: str) -> Any:
        if make is None:
            raise ConfigError(f"{self.connector.title} cannot be {what}", where=self.where)
        if not allowed:
            raise ConfigError(
                f"role {self.config.role!r}: not to be {what}",
                where=self.where,
                hint=f"Change its role in {self.client.file}",
            )
        self.verify()
        return make

    def _guarded(self, made: Any) -> Any:
        return _Guarded(made, self._contract)

    @contextmanager
    def _contract(self) -> Iterator[None]:
        """Our errors name the connection; whatever else a plugin raises is a broken contract."""
        try:
            yield
        except RegularsError as fault:
            if self.where not in fault.where:
                fault.where = f"{self.where}: {fault.where}" if fault.where else self.where
            raise
        except Exception as fault:
            text = self.client.redactor.clean(f"plugin {self.connector.name}: {type(fault).__name__}: {fault}")
            raise PluginError(
                text, where=self.where, hint="Nothing was written; report it to its author"
            ) from fault


class _Guarded:
    """What a plugin made, its methods called inside the contract: a bug of one plugin must not end the night
    of every other client."""

    def __init__(self, made: Any, contract: Callable[[], AbstractContextManager[None]]) -> None:
        self._made, self._contract = made, contract

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._made, name)
        return self._kept(found) if callable(found) else found

    def _kept(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            with self._contract():
                result = method(*args, **named)
            return self.each(result) if isinstance(result, Iterator) else result

        return call

    def each(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The rows one by one; a page is made when it is asked for, so that this is where it fails."""
        end = object()
        while True:
            with self._contract():
                row = next(rows, end)
            if row is end:
                return
            yield row


class Quotas:
    """Rate budgets by account, so that two connections to one account share one budget."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Quota] = {}
        self._lock = threading.Lock()

    def of(self, connector: str, account: str | None, policy: RequestPolicy, client: Client) -> Quota:
        """The account's budget; an account that is not known yet gets one of its own."""
        if account is None:
            return Quota(client.clock, policy.limits, policy.in_flight)
        with self._lock:
            if (connector, account) not in self._held:
                self._held[connector, account] = Quota(client.clock, policy.limits, policy.in_flight)
            return self._held[connector, account]


@contextmanager
def open_connection(
    client: Client, name: str, plugins: Plugins, quotas: Quotas | None = None
) -> Iterator[Connection]:
    """Open one connection of a client; nothing is sent yet. Raises ConfigError or PluginError."""
    config = connection_config(client, name)
    connector = plugins.connector(config.plugin)
    with ExitStack() as stack:
        base_url: str | None = None
        credentials: Mapping[str, str] = {}
        if config.sandbox is not None:
            base_url, credentials = stack.enter_context(_sandbox(client, name, config.sandbox, connector))
        settings = connection_settings(client, name, connector, credentials)
        policy = connector.policy(settings)
        quota = (quotas or Quotas()).of(connector.name, config.expect_id, policy, client)
        http = Http(policy, clock=client.clock, redactor=client.redactor, base_url=base_url, quota=quota)
        stack.callback(http.close)
        yield Connection(client, name, connector, settings, http)


class Connections:
    """A client's connections, each opened once when first asked for; use it in a `with`."""

    def __init__(self, client: Client, plugins: Plugins, quotas: Quotas | None = None) -> None:
        self.client, self.plugins = client, plugins
        self._quotas = quotas or Quotas()
        self._open: dict[str, Connection] = {}
        self._stack, self._lock = ExitStack(), threading.Lock()

    def get(self, name: str) -> Connection:
        """The open connection of that name. Raises ConfigError or PluginError."""
        with self._lock:
            if name not in self._open:
                opening = open_connection(self.client, name, self.plugins, self._quotas)
                self._open[name] = self._stack.enter_context(opening)
            return self._open[name]

    def close(self) -> None:
        """Close all; the state of sandboxes is stored."""
        self._open.clear()
        self._stack.close()

    def __enter__(self) -> Connections:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _sandbox(client: Client, name: str, at: str, connector: Connector) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Base URL and credentials of the simulated platform: a state file, or one served on this machine."""
    where = f"{client.file}: 'connections.{name}.sandbox'"
    if at.startswith("http://127.0.0.1:"):
        yield at, {}
        return
    if connector.sandbox is None:
        raise ConfigError(f"plugin {connector.name} has no sandbox", where=where)
    from regulars.testing.sandbox import Served, saved_seed

    file = client.root / at
    try:
        platform = connector.sandbox(clock=client.clock, seed=saved_seed(file))
        platform.load(file)
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{at} holds no state of a simulated platform",
            where=where,
            hint="Make one: regulars connect --sandbox FILE",
        ) from None
    before = file.read_text()
    with Served(platform) as url:
        try:
            yield url, platform.credentials()
        finally:
            # A command that only reads must not put an old state over what another process did.
            if platform.log and platform.stored() != before:
                platform.save(file)


def config_problems(workspace: Workspace, plugins: Plugins, *, secrets: bool) -> list[RegularsError]:
    """What is wrong in the files of a workspace: every complaint of every file and connection.

    With `secrets`, one that is nowhere is a problem too.
    """
    found: list[RegularsError] = []
    for shown in ("regulars.toml", "segments/common.toml"):
        with _kept(found):
            read_toml(workspace.root / shown, shown)
    for client_id in workspace.client_ids():
        with _kept(found):
            client = workspace.client(client_id)
            for name, config in client.config.connections.items():
                with _kept(found):
                    connector = plugins.connector(config.plugin)
                    if config.sandbox is None:
                        connection_settings(client, name, connector, resolve=secrets)
    return found


@contextmanager
def _kept(found: list[RegularsError]) -> Iterator[None]:
    try:
        yield
    except Complaints as several:
        found += several.found
    except RegularsError as fault:
        found.append(fault)


def make_sandbox(client: Client, connector: Connector, file: str) -> None:
    """Make the state file of an empty simulated platform, unless it is there or is served on a port.

    `file` is relative to the workspace. Raises ConfigError where the plugin has no sandbox.
    """
    if connector.sandbox is None:
        raise ConfigError(f"plugin {connector.name} has no sandbox")
    path = client.root / file
    if "://" not in file and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        connector.sandbox(clock=client.clock, seed=0).save(path)
