"""regulars ecoa."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.ecoa import EcoaProvider
    from regulars.journal import Lease
    from regulars.reactivation import EcoaDesk, Job, Month


@click.group("ecoa")
def group() -> None:
    """New addresses for bounced ones, bought inside a budget, used when the person confirmed them."""


@shared
@group.command("quote")
@click.argument("client_id", metavar="CLIENT")
@pass_call
def quote(call: Call, client_id: str) -> None:
    """Who is eligible and what a look-up would cost; buys nothing.

    The eligible addresses leave the machine for the price, under random keys.
    """
    from getpass import getuser

    from regulars.reactivation import eligibility
    from regulars.reactivation import quote as ask
    from regulars.reactivation.eligibility import WORDS

    with _at_provider(call, client_id) as (desk, lease, provider):
        with desk.read() as session:
            regions = provider.capabilities().regions
            funnel = eligibility(session, desk.config, desk.journal, desk.now(), regions).funnel()
        for line in funnel.lines("bounced addresses", WORDS):
            call.say(line)
        job, left = ask(desk, lease, provider, getuser())
        lines = [
            f"quote {job.quote_ref}   {job.records:,} records   {job.cost}   {left}"
            f"   good until {job.expires_at.astimezone(desk.zone):%Y-%m-%d %H:%M %Z}",
        ]
        found = _job(job) | {"left_of_month": str(left.money_left), "eligible": funnel.left}
        call.show(found | {"left_out": dict(funnel.left_out)}, lines)
        _note(call, left)
    call.say(f"Nothing was bought. Next: regulars ecoa submit {client_id} {job.quote_ref}")


@shared
@group.command("submit")
@click.argument("client_id", metavar="CLIENT")
@click.argument("quote_ref", metavar="QUOTE")
@click.option("--yes-i-approve", "approved", metavar="QUOTE", help="Approve this quote without being asked.")
@pass_call
def submit(call: Call, client_id: str, quote_ref: str, approved: str | None) -> None:
    """Buy what was quoted; safe to repeat, it is paid once."""
    from getpass import getuser

    from regulars.errors import RefusedError
    from regulars.reactivation import month
    from regulars.reactivation import submit as buy

    with _at_provider(call, client_id) as (desk, lease, provider):
        job = desk.job(quote_ref)
        if job.state == "quoted":
            call.say(f"{job.records:,} records for {job.cost}; {month(desk.config, desk.journal, desk.now())}")
            given = approved or call.ask(f"Type the client's id to buy ({client_id})", "--yes-i-approve")
            if given not in ((quote_ref,) if approved else (client_id,)):
                raise RefusedError(
                    f"{given!r} approves nothing", where=f"quote {quote_ref}", hint="Nothing was bought"
                )
        job = buy(desk, lease, provider, quote_ref, getuser())
        left = month(desk.config, desk.journal, desk.now())
        call.show(_job(job), f"job {job.id}   {job.state}   {job.records:,} records   {job.counts}   {left}")
        _note(call, left)
    call.say(f"Results take days to weeks; every run asks for them. Next: regulars ecoa status {client_id}")


@shared
@group.command("status")
@click.argument("client_id", metavar="CLIENT")
@pass_call
def status(call: Call, client_id: str) -> None:
    """All jobs, and the month's account."""
    from regulars.errors import RefusedError
    from regulars.reactivation import jobs, month

    with _reading(call, client_id) as desk:
        found = list(jobs(desk.journal).values())
        try:
            left = month(desk.config, desk.journal, desk.now())
            account = [str(left)] + ([left.note] if left.note else [])
        except RefusedError as off:
            account = [off.what]
        shown = [_job(job) | {"quoted": f"{job.quoted_at.astimezone(desk.zone):%Y-%m-%d}"} for job in found]
    names = ("job", "quote", "quoted", "state", "records", "cost", "paid", "credited")
    rows = [tuple(job[name] for name in names) for job in shown]
    lines = table(rows, names) if rows else ["no jobs yet"]
    call.show({"jobs": [_job(job) for job in found], "month": account}, [*lines, *account])


@shared
@group.command("results")
@click.argument("client_id", metavar="CLIENT")
@click.option("--sample", default=0, help="Also show so many people, addresses masked.")
@pass_call
def results(call: Call, client_id: str, sample: int) -> None:
    """What came back, by state, and what a confirmed address cost."""
    from collections import Counter

    from regulars.plan.render import masked
    from regulars.reactivation import candidates, jobs
    from regulars.reactivation.candidates import STATES

    with _reading(call, client_id) as desk:
        found = candidates(desk.journal)
        paid = [job.counts for job in jobs(desk.journal).values() if job.state == "settled" and job.paid]
    states = Counter(one.state for one in found)
    whys = Counter(one.why for one in found if one.why)
    data = {"states": dict(states), "rejected": dict(whys)}
    lines = table([(state, states[state]) for state in STATES if states[state]], ("state", "people"))
    lines += [f"  rejected: {count:,} {why}" for why, count in whys.most_common()]
    if paid and states["confirmed"]:
        total = sum(paid[1:], paid[0])
        data["cost_per_confirmed"] = f"{total.amount / states['confirmed']:.2f} {total.currency}"
        lines.append(f"{total} paid, {data['cost_per_confirmed']} per confirmed address")
    people = [
        {"customer": one.customer_id, "state": one.state, "email": masked(one.email) if one.email else None}
        for one in found[:sample]
    ]
    if people:
        data["people"] = people
        lines += table([tuple(person.values()) for person in people], ("customer", "state", "new address"))
    call.show(data, lines if found else "no results yet")


@contextmanager
def _at_provider(call: Call, client_id: str) -> Iterator[tuple[EcoaDesk, Lease, EcoaProvider]]:
    """The client's lease and its provider; nothing is opened where ECOA is off or the client not live."""
    from regulars.reactivation import Budget, EcoaDesk
    from regulars.run.desk import desk

    client = call.client(client_id)
    Budget.of(client.config)
    client.require_live()
    with desk(client, call.plugins, "ecoa") as at:
        provider = at.connections.get(str(client.config.ecoa.connection)).ecoa()
        yield EcoaDesk(client.config, at.journal, at.warehouse.published), at.lease, provider


@contextmanager
def _reading(call: Call, client_id: str) -> Iterator[EcoaDesk]:
    from regulars.reactivation import EcoaDesk
    from regulars.run.desk import reading
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with reading(client) as journal:
        yield EcoaDesk(client.config, journal, Warehouse(client.data_dir).published)


def _job(job: Job) -> dict[str, Any]:
    return {
        "job": job.id,
        "quote": job.quote_ref,
        "state": job.state,
        "records": job.records,
        "cost": str(job.cost),
        "paid": str(job.paid) if job.paid else None,
        "credited": str(job.credited) if job.credited.amount else None,
        "quoted_at": job.quoted_at.isoformat(),
        "expires_at": job.expires_at.isoformat(),
    }


def _note(call: Call, left: Month) -> None:
    if left.note:
        call.say(f"note: {left.note}")
