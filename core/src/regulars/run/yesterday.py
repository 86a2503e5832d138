"""The night's own check: its day before, as measured, against the platforms' own totals of that day.

Only what can be compared is: a platform that does not answer or has no totals is "not compared", which is not
"agrees". Orders of the day itself are in no total that is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from regulars import reconcile
from regulars.errors import RegularsError
from regulars.journal.runs import Run
from regulars.metrics import Span
from regulars.reconcile import Answer, Books, Difference, Head, Reconciliation
from regulars.reconcile.render import amount
from regulars.run.desk import Desk
from regulars.run.reconciliation import able, ask
from regulars.run.result import Result

log = logging.getLogger("regulars.run")

SETTLES = timedelta(hours=1)
"""A platform's search may lag behind: what changed so shortly before the reading may be met by the next one."""
_SHOWN = 3


def check_yesterday(at: Desk, run: Run, as_of: date, result: Result) -> None:
    """Compare the day before `as_of` (which must have been measured and published) and note it in the result.

    Nothing that a platform refuses or answers wrongly ends the night.
    """
    day = as_of - timedelta(days=1)
    names = able(at.client, at.plugins)
    with at.warehouse.published() as session:
        books, selling = reconcile.read(session, Span(day, day), names), reconcile.sellers(session)
    answers, silent = _answers(at, names, books)
    accepted = reconcile.recorded(at.journal.facts(reconcile.KIND))
    found = reconcile.reconcile(books, answers, read_at=run.started_at - SETTLES, accepted=accepted)
    off = {name: text for name in (*names, *selling) if (text := "; ".join(_off(found, name)))}
    result.reconciled_on = day.isoformat()
    result.reconciled = {name: "off" if name in off else "agrees" for name in answers}
    result.reconciled |= {name: f"not compared: {why}" for name, why in silent.items()}
    for name in selling:
        result.reconciled.setdefault(name, f"not compared: {_unable(at, name)}")
    result.reconcile_off = [f"{name} on {day}: {text}" for name, text in off.items()]
    if not found.total.bridge.agrees:
        result.reconcile_off.append(f"basis on {day}: {_basis(found)}")
    for text in result.reconcile_off:
        log.warning("reconcile: %s", text)


def _answers(at: Desk, names: Sequence[str], books: Books) -> tuple[dict[str, Answer], dict[str, str]]:
    """The platforms' answers, and why there is none, by connection."""
    answers: dict[str, Answer] = {}
    silent: dict[str, str] = {}
    for name in names:
        try:
            answers[name] = ask(at.connections.get(name), books)
        except RegularsError as fault:
            silent[name] = at.client.redactor.clean(" ".join(str(fault).split()))
            log.warning("reconcile: %s", silent[name])
    return answers, silent


def _unable(at: Desk, name: str) -> str:
    config = at.client.config.connections.get(name)
    if config is None or not config.reads:
        return "it is not read from"
    return f"{at.plugins.connector(config.plugin).title} has no totals of its own"


def _off(found: Reconciliation, name: str) -> Iterator[str]:
    """What of one connection no line explains."""
    for head in found.total.heads:
        if head.connection == name and not head.agrees:
            yield _sums(head)
    differences = [one for one in found.differences if one.connection == name]
    yield from (_text(one) for one in differences[:_SHOWN])
    if len(differences) > _SHOWN:
        yield f"and {len(differences) - _SHOWN:,} more"


def _sums(head: Head) -> str:
    there, here = (
        f"{amount(side.net, head.currency)} {head.currency} in {side.orders:,} order{'s' * (side.orders != 1)}"
        for side in (head.platform - head.later, head.ours)
    )
    return f"net sales of {head.source} {there}, here {here}"


def _text(one: Difference) -> str:
    return f"{one.order} {one.text}".strip()


def _basis(found: Reconciliation) -> str:
    bridge, currency = found.total.bridge, found.books.manner.currency
    measured, basis = amount(bridge.measured, currency), amount(bridge.basis, currency)
    return f"measured {measured} {currency}, the records say {basis}"
