"""The main job on real order lines, beside the same sums made from the file in plain Python.

A year of a British shop (UCI Online Retail, CC0) is read over ports from a simulated shop and CRM, unified,
measured, planned and applied. Refunds count on their own day here (`money.refund_date = "refund"`), because
only so a month of the file and a month of ours hold the same rows and must agree to the penny.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.order_sums import Sums, cut, retention_by_hand, sums_of
from benchmarks.retail_shop import COUNTRY, CURRENCY, ROLES, ZONE, Steps, shop_and_crm

ROOT = Path(__file__).parents[1]
NOW = datetime(2011, 12, 10, 0, 30, tzinfo=UTC)
QUARTER = date(2011, 7, 1), date(2011, 9, 30)
WINDOWS = (90, 365)
SEGMENTS = ["new_this_month", "second_order_due", "at_risk_valuable", "winback_due", "champions"]
SETTINGS = f"""
[clock]
order_source_max_age = "400d"
consent_max_age = "400d"

[money]
refund_date = "refund"

[segments]
use = {json.dumps(SEGMENTS)}
"""


def measure(scale: float = 1.0) -> list[Figure]:
    shared = Path(os.environ.get("REGULARS_SHARED") or ROOT.parent / "shared")
    file = shared / "data" / "online_retail.csv.gz"
    if not file.exists():
        print(f"{file.name} is not beside the repository (REGULARS_SHARED); nothing was measured")
        return []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if scale < 1:
            file = cut(file, scale, root / "lines.csv")
        clock = root / "clock"
        clock.write_text(NOW.isoformat())
        with shop_and_crm(file, clock) as simulated:
            ours = _in_own_process(root, simulated["platforms"])
        by_hand = sums_of(file)
    for line in (*_steps(simulated, ours), *_bridge(simulated["bridge"], by_hand), *_months(ours, by_hand),
                 *_retention(ours, by_hand), *_plans(ours)):  # fmt: skip
        print(line)
    print()
    return list(_figures(simulated, ours, by_hand))


def _in_own_process(root: Path, platforms: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.retail", str(root), json.dumps(platforms)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _steps(simulated: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    yield f"{'step':<44}{'seconds':>10}{'CPU s':>10}{'peak MB':>10}   process"
    for process, told in (("simulated platforms", simulated), ("regulars", ours)):
        for step in told["steps"]:
            yield f"{step['step']:<44}{step['s']:>10.2f}{step['cpu_s']:>10.2f}{step['peak_mb']:>10.0f}   {process}"


def _bridge(bridge: dict[str, Any], by_hand: Sums) -> Iterator[str]:
    yield ""
    yield f"{'bridge':<44}{'rows':>8}{'amount':>18}{'by hand: rows':>16}{'amount':>18}"
    total = sum(by_hand.file.values(), Decimal(0))
    yield _bridge_line("all rows of the file", "", bridge["total"], by_hand.rows, total)
    for label in {**bridge["lines"], **by_hand.left_out}:
        rows, amount = bridge["lines"].get(label, (0, "0"))
        yield _bridge_line(f"  less {label}", rows, amount, *by_hand.left_out.get(label, (0, Decimal(0))))
    yield _bridge_line("sales", "", bridge["sales"], "", by_hand.sales)
    yield _bridge_line("refunds of known purchases", "", bridge["refunds"], "", by_hand.refunds)
    net = Decimal(bridge["sales"]) - Decimal(bridge["refunds"])
    yield _bridge_line("net sales = sales - refunds", "", net, "", sum(by_hand.net.values(), Decimal(0)))
    yield _bridge_line("unexplained", "", bridge["difference"], "", _unexplained(by_hand))


def _bridge_line(label: str, rows: Any, amount: Any, hand_rows: Any, hand: Decimal) -> str:
    return f"{label:<44}{rows!s:>8}{Decimal(amount):>18,.3f}{hand_rows!s:>16}{hand:>18,.3f}"


def _unexplained(by_hand: Sums) -> Decimal:
    left_out = sum((amount for _, amount in by_hand.left_out.values()), Decimal(0))
    return sum(by_hand.file.values(), Decimal(0)) - by_hand.sales + by_hand.refunds - left_out


def _months(ours: dict[str, Any], by_hand: Sums) -> Iterator[str]:
    yield ""
    head = ("rows of the file", "left out", "net by hand", "net, regulars", "difference")
    yield f"{'month':<9}{'orders':>8}{'regulars':>10}{'customers':>11}{'regulars':>10}" + "".join(
        f"{name:>18}" for name in head
    )
    for month in _all_months(ours, by_hand):
        got = ours["months"].get(month, {"orders": 0, "customers": 0, "minor": 0})
        file, hand, net = by_hand.file[month], by_hand.net[month], Decimal(got["minor"]).scaleb(-2)
        amounts = (file, file - hand, hand, net, net - hand)
        yield (
            f"{month:<9}{len(by_hand.orders[month]):>8,}{got['orders']:>10,}"
            f"{len(by_hand.customers[month]):>11,}{got['customers']:>10,}"
        ) + "".join(f"{amount:>18,.2f}" for amount in amounts)
    yield f"rows in another month than their order: {by_hand.moved:,.2f}"


def _all_months(ours: dict[str, Any], by_hand: Sums) -> list[str]:
    return sorted({*ours["months"], *by_hand.file})


def _retention(ours: dict[str, Any], by_hand: Sums) -> Iterator[str]:
    yield ""
    yield f"CRR of {QUARTER[0]} to {QUARTER[1]} = (E - N) / S x 100"
    for told in ours["retention"]:
        hand = retention_by_hand(by_hand.days, *QUARTER, told["window"])
        counts = "   ".join(f"{letter} {count:,}" for letter, count in hand.items())
        worked = f"({hand['E']} - {hand['N']}) / {hand['S']} x 100 = {_crr(hand):.4f} %"
        yield f"window {told['window']:>3} d by hand   {counts}   {worked}"
        counts = "   ".join(f"{letter} {told['inputs'][letter]:,}" for letter in hand)
        yield f"             regulars  {counts}   {told['formula']} = {Decimal(told['crr']):.4f} %"


def _crr(counts: dict[str, int]) -> Decimal:
    return Decimal(counts["E"] - counts["N"]) * 100 / Decimal(counts["S"] or 1)


def _plans(ours: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield from (f"read {x['stream']}: {_rows(x['rows'])}" for x in ours["streams"])
    yield f"calls, first night and second: {_rows(ours['calls'][0])}; {_rows(ours['calls'][1])}"
    yield from (f"segment {name}: {size:,}" for name, size in ours["segments"].items())
    yield from (f"first plan: {line}" for line in ours["plan_lines"])
    yield from (f"apply: {line}" for line in ours["applied_lines"])


def _rows(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _figures(simulated: dict[str, Any], ours: dict[str, Any], by_hand: Sums) -> Iterator[Figure]:
    how = f"one run, {by_hand.rows:,} order lines"
    for told in (simulated, ours):
        where = "the client's process" if told is ours else "simulated platforms, a process of their own"
        yield from (Figure(step["step"], step["s"], "s", f"{how}, {where}") for step in told["steps"])
    yield Figure("peak memory", ours["steps"][-1]["peak_mb"], "MB", "largest resident set of the client's process")
    yield from _agreement(ours, by_hand)
    yield Figure("first plan", ours["changes"], "changes", how)
    yield Figure("written", ours["written"], "changes", how, "all of the plan", ours["written"] == ours["changes"])
    left = ours["second"]
    yield Figure("second plan", left, "changes", "a second night, nothing changed", "empty", left == 0)


def _agreement(ours: dict[str, Any], by_hand: Sums) -> Iterator[Figure]:
    months = _all_months(ours, by_hand)
    net = {month: Decimal(ours["months"].get(month, {"minor": 0})["minor"]).scaleb(-2) for month in months}
    worst = max(abs(net[month] - by_hand.net[month]) for month in months)
    how = f"largest of {len(months)} months, net sales of ours against the file's own sums"
    yield Figure("difference in a month", float(worst), CURRENCY, how, "equal to the penny", worst == 0)
    counts = {m: (len(by_hand.orders[m]), len(by_hand.customers[m])) for m in months}
    got = {m: (x["orders"], x["customers"]) for m, x in ours["months"].items()}
    wrong = sum(counts[month] != got.get(month, (0, 0)) for month in months)
    yield Figure("months with other orders or customers", wrong, "months", "counted twice", "none", wrong == 0)
    off = ours["customers"] - len(by_hand.days)
    yield Figure("customers", ours["customers"], "people", f"{len(by_hand.days):,} by hand", "the same", off == 0)
    for told in ours["retention"]:
        hand = retention_by_hand(by_hand.days, *QUARTER, told["window"])
        same = all(told["inputs"][letter] == count for letter, count in hand.items())
        how = f"window {told['window']} d, {QUARTER[0]} to {QUARTER[1]}"
        yield Figure("CRR", float(Decimal(told["crr"])), "%", how, "S, E, N, R, L as by hand", same)


class _Heard(logging.Handler):
    """When the newest line of a log was written."""

    at = 0.0, 0.0

    def emit(self, _: logging.LogRecord) -> None:
        self.at = time.perf_counter(), time.process_time()


def _client(root: Path, platforms: dict[str, Any], plugins: Any) -> Any:
    """A workspace with one client whose shop and CRM are the simulated ones."""
    from regulars.config import Workspace, edit, open_workspace
    from regulars.config.settings import secret_fields
    from regulars.connections import Connections

    workspace = Workspace.create(root / "workspace", "Retail", ZONE)
    agency = workspace.root / "regulars.toml"
    agency.write_text(agency.read_text() + f'\n[clock]\nsimulated = "{root / "clock"}"\n')
    workspace = open_workspace(workspace.root)
    file = edit.add_client(workspace, "retail", name="Retail", timezone=ZONE, currency=CURRENCY, country=COUNTRY)
    file.write_text(file.read_text() + SETTINGS)
    client = workspace.client("retail")
    for role in ROLES:
        told = platforms[role]
        connector = plugins.connector(told["plugin"])
        keys = {"role": "both" if connector.destination else "source", "sandbox": told["url"]}
        for name, value in told["credentials"].items():
            hidden = name in secret_fields(connector.settings)
            reference = f"{role}-{name.replace('_', '-')}"
            if hidden:
                client.secrets.store(reference, value)
            keys[name] = f"secret:{reference}" if hidden else value
        edit.add_connection(client, role, connector, keys)
    with Connections(client, plugins) as connections:
        for role in ROLES:
            edit.set_expect_id(client, role, connections.get(role).check().account_id)
    file.write_text(file.read_text().replace('status   = "onboarding"', 'status   = "live"'))
    return workspace.client("retail")


def _worker(root: Path, platforms: dict[str, Any]) -> None:
    from regulars.apply import apply_plan
    from regulars.plan import load_plan, render
    from regulars.plugins import load
    from regulars.run.desk import desk
    from regulars.run.night import run_client

    steps, plugins, heard = Steps(), load(), _Heard()
    client = _client(root, platforms, plugins)
    steps.done("client made, accounts checked")
    logging.getLogger("regulars.run").addHandler(heard)
    night = run_client(client, plugins)
    steps.done("first night: read, unified, measured, planned", "  of which reading", heard.at)
    if night.state != "ok":
        raise SystemExit(f"the night is {night.state}: {night.reason}")
    with desk(client, plugins, "apply") as at:
        plan = load_plan(night.plan, client.data_dir / "plans", at.journal)
        applied = apply_plan(client, at.journal, at.lease, plan.id, at.connections)
    steps.done("plan applied and read back")
    # Within one instant of a standing clock nobody can tell which of two writes came last.
    client.clock.forward(timedelta(hours=1))
    second = run_client(client, plugins)
    steps.done("second night", "  of which reading", heard.at)
    found = {
        "steps": steps.taken,
        "streams": night.streams,
        "calls": [night.calls, second.calls],
        "segments": night.segments,
        "plan_lines": list(render(plan, client.zone)),
        "applied_lines": applied.lines(),
        "changes": night.plan_changes,
        "written": applied.written,
        "second": second.plan_changes if second.state == "ok" else -1,
    }
    print(json.dumps(found | _published(client)))


def _published(client: Any) -> dict[str, Any]:
    """The numbers as everybody sees them, from the published snapshot."""
    from regulars.explain import explain_metric
    from regulars.metrics import Span
    from regulars.warehouse import Warehouse

    sql = "SELECT month, orders + guest_orders, customers, net_minor + guest_net_minor FROM monthly ORDER BY month"
    with Warehouse(client.data_dir).published() as session:
        months = session.query(sql)
        customers = session.query("SELECT count(*) FROM catalogue WHERE is_customer")[0][0]
        told = [(window, explain_metric(session, "crr", Span(*QUARTER), window)[0]) for window in WINDOWS]
    return {
        "months": {f"{m:%Y-%m}": {"orders": o, "customers": c, "minor": n} for m, o, c, n in months},
        "customers": customers,
        "retention": [
            {"window": window, "crr": str(m.value or 0), "formula": m.formula, "inputs": dict(m.inputs)}
            for window, m in told
        ],
    }


if __name__ == "__main__":
    _worker(Path(sys.argv[1]), json.loads(sys.argv[2]))
