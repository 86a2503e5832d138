"""The main job as a story: two clients, five nights, everything real but the platforms."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which

from regulars import reactivation
from regulars.apply import Result as Applied
from regulars.apply import apply_plan, undo
from regulars.changes import SetField
from regulars.demo.invented import PETS, TEA, invented, local
from regulars.demo.places import Agency, Place
from regulars.errors import RegularsError
from regulars.explain import explain_metric
from regulars.explain.render import headline
from regulars.plan import Plan, load_plan, render
from regulars.plugins import Plugins
from regulars.reactivation.eligibility import WORDS
from regulars.run.desk import Desk, desk
from regulars.run.measure import segments_in_use
from regulars.run.night import run_client
from regulars.run.result import Result
from regulars.run.status import age, standing
from regulars.testing.world import World, WorldRefund

Say = Callable[[str], None]

_PETS = """
[write]
pending_member = true   # a confirmed new address may become a *pending* member, whom the platform asks

[ecoa]
enabled       = true
connection    = "ecoa"
jurisdictions = ["US"]
unit_cost     = "0.15 USD"
max_per_run   = { records = 500, cost = "75 USD" }
max_per_month = { records = 1500, cost = "225 USD" }

[money]
rates = [{ currency = "SEK", from = 2025-01-01, rate = "0.095" }]   # leave it out, and the night names the order
"""
_TEA = """
[[consent.legal_basis]]
source  = "crm"
country = "DE"
basis   = "existing customers, own similar goods"
by      = "anna@fernhill.example.test"
on      = 2026-10-01

[money]
rates = [{ currency = "SEK", from = 2025-01-01, rate = "0.091" }]
"""


@dataclass
class Story:
    """Tells the story step by step; `say` prints a line."""

    root: Path
    plugins: Plugins
    say: Say
    agency: Agency = field(init=False)
    pets: Place = field(init=False)
    tea: Place = field(init=False)

    def tell(self) -> None:
        """From an empty folder to the fifth night."""
        start = local(PETS, 2026, 11, 2, 2, 15)
        self.agency = Agency(self.root, self.plugins, start)
        pets = invented(PETS, 400, 400, start - timedelta(hours=1), seed=13)
        tea = invented(TEA, 140, 400, start - timedelta(hours=1), seed=12)
        pets.slow_work_days = 1.5
        self.pets = Place("brightpaw", PETS, pets, ("shop", "crm", "mail", "ecoa"), 30, seed=1)
        self.tea = Place("fernhill", TEA, tea, ("shop", "crm"), 24, seed=2)
        self._connect()
        self._first_night()
        self._apply()
        self._bounces()
        self._quiet_nights()
        self._audience()
        self._second_night()
        self._undo()
        self._strange_night()
        self._end()

    # --- chapters ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._title("Connect", "two clients, each with its own database, secrets and log; read-only so far")
        for place, extra in ((self.pets, _PETS), (self.tea, _TEA)):
            for line in self.agency.open(place, extra):
                self.say(f"  {line}")
        self.agency.clock.forward(timedelta(minutes=5))

    def _first_night(self) -> None:
        self._title("Night 1", "everything is read once, joined to people, measured, planned")
        for place in (self.pets, self.tea):
            result = self._run(place)
            self._told(result)
            with self._at(place) as at, at.warehouse.published() as session:
                profiles = session.query("SELECT count(*) FROM profile")[0][0]
                month = [m for m in explain_metric(session, "crr") if "month" in m.window]
                kinds = dict(session.query("SELECT kind, count(*) FROM sale GROUP BY 1"))
            aside = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()) if kind != "counted")
            self.say(f"    {profiles:,} profiles are {result.customers:,} customers; orders set apart: {aside}")
            self.say(f"    {headline(month)} (month, a customer ordered within 365 days)")

    def _apply(self) -> None:
        self._title("Plan and apply", "a file with every change; it is applied verbatim, or not at all")
        plan = self._plan(self.pets)
        for line in [*_in_short(render(plan, self.agency.client(self.pets).zone)), *_others(plan)]:
            self.say(f"  {line}")
        refused = self._refusal(lambda: self._apply_plan(self.pets, plan.id))
        self.say(f"  apply: {refused}")
        for place in (self.pets, self.tea):
            self.agency.make_live(place)
            done = self._apply_plan(place, self._plan(place).id)
            self.say(f"  the client agrees; {place.client_id}: {done.written:,} written, read back equal,"
                     f" {done.rejected} refused, in {done.calls} calls")  # fmt: skip
        self.agency.clock.forward(timedelta(minutes=10))
        for place in (self.pets, self.tea):
            again = self._run(place)
            self.say(f"  plan again, {place.client_id}: {again.plan_changes} changes")

    def _bounces(self) -> None:
        self._title("Bounced addresses", "only hard bounces, only where it is allowed, only within the budget")
        with self._at(self.pets) as at:
            where = reactivation.EcoaDesk(at.client.config, at.journal, at.warehouse.published)
            with at.warehouse.published() as session:
                found = reactivation.eligibility(session, at.client.config, at.journal, where.now())
            for line in found.funnel().lines("bounced addresses", WORDS):
                self.say(f"  {line}")
            provider = at.connections.get("ecoa").ecoa()
            job, month = reactivation.quote(where, at.lease, provider)
            self.say(
                f"  quote {job.quote_ref}: {job.records} records, {job.cost}; {month.money_left} of the month left"
            )
            job = reactivation.submit(
                where, at.lease, provider, str(job.quote_ref), "maya@harbourlane.example.test"
            )
            self.say(f"  submitted once under a key of its own; {job.cost} set aside before the call")

    def _quiet_nights(self) -> None:
        self._title("Nights 2 and 3", "quiet ones, which teach what a usual night looks like")
        for _ in range(2):
            self._next_day()
            texts = []
            for place in (self.pets, self.tea):
                result = self._run(place)
                orders = sum(s["rows"].get("order", 0) for s in result.streams)
                found = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in result.ecoa.items() if n)
                ecoa = f", ECOA: {found}" if found else ""
                texts.append(f"{place.client_id} {orders} orders, {result.plan_changes} changes planned{ecoa}")
                self._apply_latest(place)
            self.say("  " + "   ".join(texts))

    def _audience(self) -> None:
        self._title("Reactivation", "who may be written to, and for everybody else the one reason why not")
        with self._at(self.pets) as at, at.warehouse.published() as session:
            where = reactivation.EcoaDesk(at.client.config, at.journal, at.warehouse.published)
            segment = next(s for s in segments_in_use(at.client) if reactivation.is_reactivation(s))
            for line in reactivation.audience(where, session, segment).lines():
                self.say(f"  {line}")

    def _second_night(self) -> None:
        self._title("Night 4", "a late refund, an unsubscribe between plan and apply, a drifted field")
        self._next_day()
        customer, before = self._refund()
        result = self._run(self.pets)
        self._run(self.tea)
        after = self._value(customer)
        self.say(f"  late refund: customer {customer[:6]} net sales {before} → {after}; only then the plan")
        plan = self._plan(self.pets)
        person = self._unsubscribe(plan)
        field_, record = self._drift(plan)
        self.say(f"  plan {result.plan}: {result.plan_changes} changes; meanwhile one of its people unsubscribes")
        self.say(f"  and somebody edits {field_} of record {record} by hand")
        done = self._apply_plan(self.pets, plan.id)
        self.say(
            f"  apply: {done.written:,} written, {done.drifted} drifted and left alone, {done.rejected} refused"
        )
        for reason, count in done.left.items():
            if reason:
                self.say(f"    {count} left alone: {reason}")
        self.say(f"  nobody who said no was written to: {person or 'nobody was to be mailed tonight'}")

    def _undo(self) -> None:
        self._title("Undo", "an inverse plan, applied like any other")
        with self._at(self.pets) as at:
            from regulars.journal import runs

            last = runs.recent(at.journal, 1, "apply")[0]
            plan = undo(at.client, at.journal, at.lease, at.warehouse, last.id, at.connections)
        done = self._apply_plan(self.pets, plan.id)
        self.say(f"  undo of {last.id}: {done.written:,} put back, {done.drifted} changed since and left alone")

    def _strange_night(self) -> None:
        self._title("Night 5", "the shop answers with hardly any orders")
        self._next_day(orders=3)
        bad, good = self._run(self.pets), self._run(self.tea)
        self.say(f"  [brightpaw] {bad.state.upper()}  {bad.reason}   exit {bad.exit_code}")
        self.say(f"  still safe: {bad.safe}.   next: {bad.then}")
        self.say(f"  [fernhill] {good.state}: one client's trouble is not the other's")

    def _end(self) -> None:
        self._title("Status", "quiet or dead? Each square is a run: ■ ok, ▣ blocked")
        now = self.agency.clock.now()
        for place in (self.pets, self.tea):
            found = standing(self.agency.workspace, place.client_id)
            newest = age(now - found.newest_order_at) if found.newest_order_at else "-"
            self.say(
                f"  {found.client:<10} newest order {newest:<8} last run {found.last_run_state:<8} {found.nights}"
            )
            for text in found.attention:
                self.say(f"    {text}")
        self.say("")
        self.say(f"The workspace is yours to play with: cd {self.root}")
        activate = Path(sys.prefix, "bin", "activate")
        if which("regulars") is None and activate.exists():
            self.say(f"  . {activate}   (so that `regulars` is found)")
        for command in ("regulars status", "regulars explain brightpaw crr", "regulars segment list brightpaw",
                        "regulars reactivation show brightpaw", "regulars check brightpaw",
                        "regulars plan fernhill"):  # fmt: skip
            self.say(f"  {command}")

    # --- what happens in them ------------------------------------------------------------------------

    def _title(self, name: str, text: str) -> None:
        self.say("")
        self.say(f"{name.upper()}  {text}")

    @contextmanager
    def _at(self, place: Place) -> Iterator[Desk]:
        with desk(self.agency.client(place), self.plugins, "demo") as at:
            yield at

    def _run(self, place: Place) -> Result:
        return run_client(self.agency.client(place), self.plugins)

    def _told(self, result: Result) -> None:
        rows = sum(sum(stream["rows"].values()) for stream in result.streams)
        calls = "  ".join(f"{name} {n}" for name, n in result.calls.items())
        self.say(
            f"  {result.client}: {rows:,} rows in {sum(result.calls.values())} calls ({calls}), {result.state}"
        )

    def _plan(self, place: Place) -> Plan:
        client = self.agency.client(place)
        with self._at(place) as at:
            name = at.journal.rows("SELECT id FROM plan WHERE state = 'open' ORDER BY rowid DESC LIMIT 1")[0][0]
            return load_plan(name, client.data_dir / "plans", at.journal)

    def _apply_plan(self, place: Place, plan: str) -> Applied:
        with self._at(place) as at:
            return apply_plan(at.client, at.journal, at.lease, plan, at.connections)

    def _apply_latest(self, place: Place) -> None:
        plan = self._plan(place)
        if plan.writable():
            self._apply_plan(place, plan.id)

    def _refusal(self, act: Callable[[], object]) -> str:
        try:
            act()
        except RegularsError as fault:
            return f"refused, exit {fault.exit_code}: {fault}"
        return "was not refused"

    def _next_day(self, orders: int | None = None) -> None:
        for place in (self.pets, self.tea):
            self.agency.night(place, orders if place is self.pets else None)
        self.agency.clock.forward(timedelta(days=1) - timedelta(minutes=self.agency.clock.now().minute))
        for place in (self.pets, self.tea):
            self.agency.happen(place)
        # The shop is read from an hour before the last walk on; what just happened should lie before that.
        self.agency.clock.forward(timedelta(minutes=75))

    def _refund(self) -> tuple[str, str]:
        world = self.pets.world
        dice = random.Random(5)
        old = [o for o in world.orders if o.person and not o.refunds and o.at < self._now() - timedelta(days=40)]
        order = dice.choice(old)
        customer = self._customer(str(order.person), world)
        before = self._value(customer)
        order.refunds.append(WorldRefund(self._now() - timedelta(hours=1), ((0, 1),), order.lines[0].price))
        self.agency.happen(self.pets, ("shop",))
        return customer, before

    def _customer(self, key: str, world: World) -> str:
        email = next(str(p.email) for p in world.people if p.key == key)
        with self._at(self.pets) as at, at.warehouse.published() as session:
            found = session.query("SELECT customer_id FROM customer WHERE email = $e", {"e": email.lower()})
        return str(found[0][0])

    def _value(self, customer: str) -> str:
        with self._at(self.pets) as at, at.warehouse.published() as session:
            rows = session.query("SELECT net_sales FROM catalogue WHERE customer_id = $c", {"c": customer})
        return str(rows[0][0])

    def _unsubscribe(self, plan: Plan) -> str:
        """One of the people whom the plan hands to the mail platform says no there."""
        mailed = [c for c in plan.writable("mail") if c.mailed and c.kind == "join"]
        if not mailed:
            return ""
        with self._at(self.pets) as at, at.warehouse.published() as session:
            rows = session.query(
                "SELECT email FROM persons WHERE connection = 'mail' AND id = $id", {"id": mailed[0].change.id}
            )
        for person in self.pets.world.people:
            if person.email and person.email.lower() == str(rows[0][0]).lower():
                person.consent = "unsubscribed"
        self.agency.happen(self.pets, ("mail",))
        return f"record {mailed[0].change.id[:8]} is left out of {mailed[0].name}"

    def _drift(self, plan: Plan) -> tuple[str, str]:
        """Somebody else writes to a field of ours; it is done past our ledger, as a person would."""
        options = {f.name: f.options for f in plan.target("crm").fields if f.options}
        planned = next(c for c in plan.writable("crm") if c.name in options and isinstance(c.change, SetField))
        change = planned.change
        other = next(value for value in options[planned.name] if value not in (planned.wanted, planned.now))
        with self._at(self.pets) as at:
            at.connections.get("crm").destination().write([SetField(change.id, planned.name, other)])
        return planned.name, change.id

    def _now(self) -> datetime:
        return self.agency.clock.now()


def _in_short(lines: list[str]) -> Iterator[str]:
    """The first platform's part of a rendered plan, without the funnels: what a first look takes in."""
    inside_funnel = False
    for line in lines:
        if line.lstrip().startswith("left out of"):
            inside_funnel = True
        elif line.lstrip().startswith("will not touch"):
            inside_funnel = False
        if not inside_funnel and line.strip():
            yield line
        if line.lstrip().startswith("cost"):
            return


def _others(plan: Plan) -> Iterator[str]:
    """The plan's further platforms in a line each."""
    for target in plan.targets[1:]:
        changes = plan.writable(target.connection)
        records = len({planned.change.id for planned in changes})
        numbers = f"{len(changes):,} changes of {records:,} records"
        yield f"  Target   {target.connection:<5} {target.platform}: {numbers}, listed alike in the file"
    yield f"  in all   {len(plan.writable()):,} changes"
