"""A plan as a person reads it before deciding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from regulars.changes import AddressChange
from regulars.plan.document import FieldCount, ListCount, Plan, Target
from regulars.plan.planned import PlannedChange

_WIDTHS = (34, 9, 10, 9, 10, 11)


def render(plan: Plan, zone: ZoneInfo) -> list[str]:
    """The lines of a plan. Times are in the client's zone; no address is shown whole."""
    until = plan.expires_at.astimezone(zone)
    what = f"undoes run {plan.undoes}" if plan.undoes else f"from run {plan.run_id}"
    lines = [f"Plan {plan.id}   {plan.client}   {what}   valid until {until:%Y-%m-%d %H:%M %Z}"]
    lines.append(f"digest {plan.digest}   settings {plan.settings}")
    told: set[tuple[str, str]] = set()
    for target in plan.targets:
        lines += ["", *_target(plan, target, told)]
    lines += [f"  note    {note}" for note in plan.notes]
    return [*lines, "", *_verdict(plan)]


def sample(plan: Plan, name: str, limit: int) -> list[str]:
    """The first changes of one field or list, people by record id."""
    found = [c for c in plan.changes if c.name == name]
    return [f"{len(found):,} changes of {name}", *(_line(change) for change in found[:limit])]


def masked(address: str) -> str:
    """j•••@gmail.com for an address."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _line(change: PlannedChange) -> str:
    now, wanted = (_shown(change, text) for text in (change.now, change.wanted))
    stop = f"   ✗ {change.blocked}" if change.blocked else ""
    return f"  {change.connection} {change.change.id:<14} {now} → {wanted}   {change.reason}{stop}"


def _shown(change: PlannedChange, text: str | None) -> str:
    if isinstance(change.change, AddressChange) and text:
        return masked(text)
    return text or "-"


def _target(plan: Plan, target: Target, told: set[tuple[str, str]]) -> Iterator[str]:
    yield f"  Target   {target.connection}  {target.platform} {target.account} (= expect_id)"
    yield (
        f"  People   {target.customers:,} customers → {target.found:,} found in {target.platform}, "
        f"{target.customers - target.found:,} not there (nobody is created)"
    )
    if target.fields:
        yield ""
        yield _row("field", "+ set", "~ change", "- clear", "= same", "! blocked") + "  change"
        for count in target.fields:
            yield from _field(plan, target, count)
    if target.lists:
        yield ""
        yield _row("list", "before", "+ in", "- out", "after", "! blocked") + "     net"
        for listed in target.lists:
            yield from _list(listed)
    yield ""
    yield from _left_out(target.lists, told)
    if target.asked:
        yield f"  asks     {target.asked:,} people are mailed by {target.platform} itself to confirm a new address"
    yield f"  will not touch   e-mail, opt-outs, marketing status, any field not starting {target.namespace}"
    yield f"  new in platform  {_new(target)}      billing  0 contacts become marketing contacts"
    records = len({c.change.id for c in plan.writable(target.connection)})
    yield f"  cost             {records:,} records in {target.writes:,} calls + {target.reads:,} reading calls"


def _field(plan: Plan, target: Target, count: FieldCount) -> Iterator[str]:
    share = 100 * (count.change + count.clear) / count.held if count.held else 0.0
    numbers = (f"{n:,}" for n in (count.set, count.change, count.clear, count.same, count.blocked))
    yield _row(count.name, *numbers) + f"{share:7.1f} %" + (f"  ✗ {count.guard}" if count.guard else "")
    reasons = [c.blocked for c in plan.changes if c.connection == target.connection and c.name == count.name]
    for reason in sorted({r for r in reasons if r and r != count.guard}):
        yield f"    blocked: {reasons.count(reason):,} with: {reason}"


def _list(count: ListCount) -> Iterator[str]:
    numbers = (f"{n:,}" for n in (count.before, count.joins, count.leaves, count.after, count.blocked))
    net = f"{100 * (count.joins - count.leaves) / count.before:+7.1f} %" if count.before else "    new"
    yield _row(count.name, *numbers) + net + (f"  ✗ {count.guard}" if count.guard else "")
    if count.guard and count.refused:
        yield f"    {count.refused:,} who said no leave all the same"
    if count.kept:
        yield f"    {count.kept}"


def _left_out(lists: Sequence[ListCount], told: set[tuple[str, str]]) -> Iterator[str]:
    """How each segment narrows; what an earlier platform's part told already is not told again."""
    for count in lists:
        lines = list(_narrowing(count))
        if lines and (count.segment, "\n".join(lines)) not in told:
            told.add((count.segment, "\n".join(lines)))
            yield from lines


def _narrowing(count: ListCount) -> Iterator[str]:
    before: int | None = None
    for condition, remaining, unknown in count.left_out:
        if before is None:
            yield f"  left out of {count.segment}   {remaining:,} customers"
        elif remaining < before:
            unsure = f"   ({unknown:,} of them unknown)" if unknown else ""
            yield f"    {remaining - before:>+9,}  not: {condition}{unsure}"
        before = remaining
    if before is not None:
        yield f"    ={before:>8,}"


def _verdict(plan: Plan) -> Iterator[str]:
    guards, writable = plan.guards, plan.writable()
    if guards:
        yield f"✗ {len(guards)} guard{'s' if len(guards) > 1 else ''}. Writable now: {len(writable):,} changes"
        held = {f.name: f.guard for t in plan.targets for f in t.fields}
        held |= {x.name: x.guard for t in plan.targets for x in t.lists}
        for name, guard in held.items():
            if not guard:
                continue
            key = guard.removeprefix("guard ").partition(":")[0]
            yield f"  look: regulars show {plan.client} {plan.id} --field '{name}'"
            yield f"  let it pass once: regulars plan {plan.client} --allow '{key}:{name}'"
        if plan.whole_guard:
            yield f"  {plan.whole_guard}; let it pass: a higher max_write_records below [guards], then plan again"
    if writable:
        yield f"Next: regulars apply {plan.client} {plan.id}"
    else:
        yield "Nothing to write." if not plan.changes else "Nothing may be written as it stands."


def _new(target: Target) -> str:
    parts = [*target.missing_fields, *target.missing_lists]
    return ", ".join(parts) if parts else "no fields, no lists"


def _row(name: str, *cells: str) -> str:
    return f"  {name:<{_WIDTHS[0]}}" + "".join(f"{c:>{w}}" for c, w in zip(cells, _WIDTHS[1:], strict=True))
