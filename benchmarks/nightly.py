"""An agency's night: many clients of two years, one changed day; and one client of a million.

Every client has a shop, a CRM and a mail platform, simulated in a process of their own. They hold the people who
do something on the changed day; the two years of everybody else are stored as segments, as first reads would have
left them. Then come a night that measures everything for the first time, its plan counted as written, the changed
day, and the night that is measured, in a new process.

`python -m benchmarks.nightly fleet CLIENTS PEOPLE ORDERS_A_HEAD` measures one such agency alone.
"""

from __future__ import annotations

import json
import logging
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

CLIENTS, PEOPLE, EACH = 30, 40_000, 2.5
LARGE_PEOPLE, LARGE_EACH = 1_000_000, 10.0
SIZES = 1, 2, 4
NOISE = 1.25
"""What a part of a night may seem to grow beyond the people, on a machine that does other things as well."""
SMALL = 0.5
"""Parts under as many CPU seconds are not judged."""
END = datetime(2026, 11, 20, 2, tzinfo=UTC)
ROLES = ("shop", "crm", "mail")
SEGMENTS = ["new_this_month", "second_order_due", "at_risk_valuable", "winback_due", "champions"]


def measure(scale: float = 1.0) -> list[Figure]:
    clients = max(1, round(CLIENTS * scale))
    least = int(PEOPLE / SIZES[-1] * min(1.0, 10 * scale))
    night = agency(clients, PEOPLE, EACH)
    grown = [night if clients == 1 and n * least == PEOPLE else agency(1, n * least, EACH) for n in SIZES]
    tenth, large = (agency(1, int(LARGE_PEOPLE * scale * share), LARGE_EACH) for share in (0.1, 1.0))
    return [*figures(night), *growth(grown), *figures(large), *growth([tenth, large])]


def agency(clients: int, people: int, each: float) -> dict[str, Any]:
    """One agency's night; the raw figures of it."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "clock").write_text(END.isoformat())
        with _platforms(root / "clock", clients, people, each) as simulated:
            filled = _worker("fill", root, str(people), str(each), json.dumps(simulated.told))
            (root / "clock").write_text((END + timedelta(days=1)).isoformat())
            simulated.day()
            night = _worker("night", root)
    return {"clients": clients, "people": people, "each": each, "filled": filled, **night}


def figures(night: dict[str, Any]) -> Iterator[Figure]:
    """Wall time, CPU, memory, calls and parts of a night."""
    clients, people = night["clients"], night["people"]
    how = f"{clients} x {people:,} customers, {night['filled']['orders']:,} orders in all, one changed day"
    yield Figure("first full night, after the filling", night["filled"]["s"], "s", how)
    yield Figure("first full night, CPU", night["filled"]["cpu_s"], "s", "all clients, plan included")
    good = all(state == "ok" for state in night["states"])
    yield Figure("night", night["s"], "s", f"{how}, one process, DuckDB with two threads", "every night ok", good)
    yield Figure("night, CPU", night["cpu_s"], "s", f"{night['cpu_s'] / clients:.2f} a client")
    yield Figure("peak memory", night["peak_mb"], "MB", "largest resident set of the process")
    yield Figure("records read", night["rows"], "rows", f"{night['changes']:,} changes planned")
    for role, calls in night["calls"].items():
        yield Figure(f"calls, {role}", calls, "calls", f"{calls / clients:.1f} a client")
    whole = sum(cpu for _, cpu in night["parts"].values())
    for part, (wall, cpu) in night["parts"].items():
        yield Figure(f"part: {part}", wall, "s", f"{cpu:.2f} s CPU, {100 * cpu / whole:.1f} % of the night's")


def growth(nights: Sequence[dict[str, Any]]) -> Iterator[Figure]:
    """How each part's CPU grew with the people, as an exponentless share: 1 is linear, less is better."""
    first, last = nights[0], nights[-1]
    times = last["people"] / first["people"]
    sizes = ", ".join(f"{night['people']:,}" for night in nights)
    for part, (_, before) in first["parts"].items():
        spent = [night["parts"][part][1] for night in nights]
        share = spent[-1] / max(before, 1e-9) / times
        how = f"CPU {', '.join(f'{cpu:.2f}' for cpu in spent)} s at {sizes} customers"
        judged = spent[-1] >= SMALL
        yield Figure(f"growth: {part}", share, "x linear", how, f"at most {NOISE}" if judged else "",
                     share <= NOISE if judged else None)  # fmt: skip


class _Simulated:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.told = self._answer()

    def day(self) -> None:
        """The changed day happens."""
        assert self._process.stdin is not None
        self._process.stdin.write("day\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@contextmanager
def _platforms(clock: Path, clients: int, people: int, each: float) -> Iterator[_Simulated]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.nightly",
        "platforms",
        str(clock),
        str(clients),
        str(people),
        str(each),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield _Simulated(process)
        assert process.stdin is not None
        process.stdin.close()


def _worker(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.nightly", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- the platforms' process ------------------------------------------------------------------------


def simulate(clock_file: Path, clients: int, people: int, each: float) -> None:
    """Serve every client's platforms until standard input closes; a line on it is the changed day."""
    from regulars.clock import SimulatedClock
    from regulars.plugins import load
    from regulars.testing import Served

    from benchmarks.retail_shop import without_limits
    from benchmarks.serving import big_world

    orders = max(20, round(people * each / 730))
    clock, connectors = (
        SimulatedClock(path=clock_file),
        {c.role: c for c in load().connectors.values() if c.role in ROLES},
    )
    worlds, sandboxes, told = [], [], []
    with ExitStack() as stack:
        for number in range(clients):
            world = big_world(orders, 2 * orders, 4 * orders, seed=number)
            world.orders[0].at = END - timedelta(hours=1)  # a night after days without an order would be blocked
            made = {role: without_limits(connectors[role].sandbox(clock=clock, seed=number)) for role in ROLES}
            for sandbox in made.values():
                sandbox.populate(world)
            worlds.append(world)
            sandboxes.append(made)
            told.append({
                role: {"plugin": connectors[role].name, "url": stack.enter_context(Served(sandbox)),
                       "credentials": dict(sandbox.credentials())}
                for role, sandbox in made.items()
            })  # fmt: skip
        print(json.dumps(told), flush=True)
        for _ in sys.stdin:
            for number, world in enumerate(worlds):
                _live_a_day(world, number, orders)
                for sandbox in sandboxes[number].values():
                    sandbox.populate(world)
            print("{}", flush=True)


def _live_a_day(world: Any, seed: int, orders: int) -> None:
    """A day's orders, a few of new people; some of the older ones are given back in part."""
    import random

    from regulars.testing.world import WorldLine, WorldOrder, WorldPerson, WorldRefund

    dice = random.Random(seed)
    day = [END + timedelta(minutes=dice.randrange(1380)) for _ in range(orders)]
    for n in range(orders // 8 + 1):
        world.people.append(WorldPerson(f"n{n}", f"n{n}@example.test", "N", str(n), "DE", created_at=END))
    for order in dice.sample(world.orders, max(1, orders // 20)):
        order.refunds.append(WorldRefund(dice.choice(day), ((0, 1),), order.lines[0].price))
    for n, at in enumerate(day):
        lines = [
            WorldLine(f"SKU-{dice.randrange(500)}", 1, f"{dice.randrange(500, 9000) / 100:.2f}") for _ in "ab"
        ]
        world.orders.append(WorldOrder(f"d{n}", dice.choice(world.people).key, at, lines))


# --- our own processes -----------------------------------------------------------------------------


class Parts(logging.Handler):
    """Wall and CPU seconds of each part of the nights, by the lines in which they begin."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[str, list[float]] = {}
        self._part, self._wall, self._cpu = "", 0.0, 0.0
        logging.getLogger("regulars.parts").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        if self._part and self._part != "end":
            spent = self.spent.setdefault(self._part, [0.0, 0.0])
            spent[0] += wall - self._wall
            spent[1] += cpu - self._cpu
        self._part, self._wall, self._cpu = record.getMessage(), wall, cpu


def fill_all(root: Path, people: int, each: float, platforms: list[dict[str, Any]]) -> None:
    """Make the clients, their first nights, their two years, and the night that measures these."""
    from regulars.config import Workspace
    from regulars.plugins import load
    from regulars.run.desk import desk
    from regulars.run.fleet import run_each

    from benchmarks.filling import fill

    plugins, names = load(), [f"client{n:02}" for n in range(len(platforms))]
    workspace = Workspace.create(root / "workspace", "Agency", "Europe/Berlin")
    agency_file = workspace.root / "regulars.toml"
    # A first plan writes everybody; above a quarter of a million records a guard would wait for a person.
    text = re.sub(
        r"max_write_records( +)= 250000", rf"max_write_records\1= {10 * people}", agency_file.read_text()
    )
    agency_file.write_text(text + f'\n[clock]\nsimulated = "{root / "clock"}"\n')
    for name, told in zip(names, platforms, strict=True):
        _add_client(workspace.root, name, told, plugins)
    workspace = _opened(root)
    _all_ok(run_each(workspace, names, plugins))
    orders = 0
    for name in names:
        with desk(workspace.client(name), plugins, "filling") as at:
            orders += fill(at.journal, at.lease, at.client.data_dir, people, each, END)
    began, cpu = time.perf_counter(), time.process_time()
    results = run_each(workspace, names, plugins)
    spent = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "orders": orders}
    _all_ok(results)
    for result in results:
        with desk(workspace.client(result.client), plugins, "written") as at:
            _count_as_written(at, result.plan)
    print(json.dumps(spent))


def night_of_all(root: Path) -> None:
    """The measured night."""
    from regulars.plugins import load
    from regulars.run.fleet import run_each

    parts, plugins = Parts(), load()
    workspace = _opened(root)
    began, cpu = time.perf_counter(), time.process_time()
    results = run_each(workspace, workspace.client_ids(), plugins)
    found = {
        "s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "states": [r.state for r in results],
        "reasons": [r.reason for r in results if r.reason],
        "rows": sum(sum(stream["rows"].values()) for r in results for stream in r.streams),
        "changes": sum(r.plan_changes for r in results),
        "calls": {role: sum(r.calls.get(role, 0) for r in results) for role in ROLES},
        "parts": parts.spent,
    }
    print(json.dumps(found))


def _opened(root: Path) -> Any:
    from regulars.config import open_workspace

    return open_workspace(root / "workspace")


def _add_client(root: Path, name: str, platforms: dict[str, Any], plugins: Any) -> None:
    from regulars.config import edit, open_workspace
    from regulars.config.settings import secret_fields
    from regulars.connections import Connections

    workspace = open_workspace(root)
    file = edit.add_client(workspace, name, name=name, timezone="Europe/Berlin", currency="EUR", country="DE")
    file.write_text(file.read_text() + f"\n[segments]\nuse = {json.dumps(SEGMENTS)}\n")
    client = workspace.client(name)
    for role in ROLES:
        told = platforms[role]
        connector = plugins.connector(told["plugin"])
        writes = connector.destination is not None and role != "shop"
        keys = {"role": "both" if writes else "source", "sandbox": told["url"]}
        for field, value in told["credentials"].items():
            hidden = field in secret_fields(connector.settings)
            reference = f"{role}-{field.replace('_', '-')}"
            if hidden:
                client.secrets.store(reference, value)
            keys[field] = f"secret:{reference}" if hidden else value
        edit.add_connection(client, role, connector, keys)
    with Connections(client, plugins) as connections:
        for role in ROLES:
            edit.set_expect_id(client, role, connections.get(role).check().account_id)
    file.write_text(file.read_text().replace('status   = "onboarding"', 'status   = "live"'))


def _count_as_written(at: Any, plan_id: str) -> None:
    """As if the plan had been applied: what the platforms hold of us is what we know we wrote."""
    from regulars.apply.ledger import Ledger
    from regulars.plan import load_plan

    plan = load_plan(plan_id, at.client.data_dir / "plans", at.journal)
    Ledger(at.journal, at.lease, plan).begin("filling")
    with at.journal.tx(at.lease) as tx:
        tx.execute("UPDATE ledger SET state = 'confirmed', attempt = 1 WHERE plan_id = ?", (plan_id,))
        tx.execute("UPDATE plan SET state = 'applied' WHERE id = ?", (plan_id,))


def _all_ok(results: Sequence[Any]) -> None:
    for result in results:
        if result.state != "ok":
            raise SystemExit(f"the night of {result.client} is {result.state}: {result.reason}")


def main() -> None:
    match sys.argv[1:]:
        case ["platforms", clock, clients, people, each]:
            simulate(Path(clock), int(clients), int(people), float(each))
        case ["fill", root, people, each, platforms]:
            fill_all(Path(root), int(people), float(each), json.loads(platforms))
        case ["night", root]:
            night_of_all(Path(root))
        case ["fleet", clients, people, each]:
            night = agency(int(clients), int(people), float(each))
            print(*figures(night), *night["reasons"], sep="\n")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
