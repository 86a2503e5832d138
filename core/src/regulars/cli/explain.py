"""regulars explain."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, dated, pass_call, shared

if TYPE_CHECKING:
    from regulars.errors import ConfigError
    from regulars.metrics import Span

_DAY = click.DateTime(["%Y-%m-%d"])


@shared
@dated
@click.command("explain")
@click.argument("client_id", metavar="CLIENT")
@click.argument("what", required=False, metavar="[PERSON|TERM]")
@click.argument("value", required=False)
@click.option("--from", "starts_on", type=_DAY, help="First day of a span of your own.")
@click.option("--to", "ends_on", type=_DAY, help="Last day of it.")
@click.option("--pii", is_flag=True, help="Show names and addresses in full.")
@pass_call
def command(
    call: Call,
    client_id: str,
    what: str | None,
    value: str | None,
    starts_on: datetime | None,
    ends_on: datetime | None,
    pii: bool,
) -> None:
    """Where a number, a stage or a level comes from.

    TERM is a word such as crr, clv, lapsed; PERSON an e-mail address or customer id, with VALUE only
    that part (stage, level, clv, joins ...). A word alone, without a client, is looked up.
    """
    from regulars.errors import ConfigError

    span = _span(starts_on, ends_on)
    if what is None and _is_word_alone(call, client_id):
        if span:
            raise _spanless(client_id)
        _show_term(call, client_id)
    elif what is None:
        _show_metrics(call, client_id, None, span)
    elif _is_word(what):
        if value is not None:
            raise ConfigError(
                f"{value!r} is asked of a person", hint="Give an e-mail address or a customer id first"
            )
        _show_metrics(call, client_id, what, span)
    elif span:
        raise _spanless("a person")
    else:
        _show_person(call, client_id, what, value, pii)


def _is_word_alone(call: Call, name: str) -> bool:
    """A client of that name goes first; a glossary needs no workspace."""
    from pathlib import Path

    from regulars.errors import ConfigError
    from regulars.explain import term

    if Path(call.folder, "regulars.toml").is_file() and name in call.workspace.client_ids():
        return False
    try:
        term(name)
    except ConfigError:
        return False
    return True


def _is_word(what: str) -> bool:
    from regulars.errors import ConfigError
    from regulars.explain import term

    try:
        term(what)
    except ConfigError:
        # What is neither an address nor an id was meant as a word: say which is nearest.
        if "@" not in what and not any(sign.isdigit() for sign in what):
            raise
        return False
    return True


def _span(starts_on: datetime | None, ends_on: datetime | None) -> Span | None:
    from regulars.errors import ConfigError
    from regulars.metrics import Span

    if starts_on is None and ends_on is None:
        return None
    if starts_on is None or ends_on is None:
        raise ConfigError("a span needs both ends", hint="Give --from and --to")
    return Span(_day(starts_on), _day(ends_on))


def _spanless(name: str) -> ConfigError:
    from regulars.errors import ConfigError
    from regulars.explain import OF_A_SPAN

    hint = f"--from and --to are for a client's {', '.join(OF_A_SPAN)}; for a past day: --as-of"
    return ConfigError(f"{name} is not told for a span of your own", hint=hint)


def _day(value: datetime) -> date:
    return value.date()


def _show_term(call: Call, word: str) -> None:
    from dataclasses import asdict

    from regulars.explain import term
    from regulars.explain.render import term_lines

    found = term(word)
    call.show(asdict(found), term_lines(found))


def _show_metrics(call: Call, client_id: str, word: str | None, span: Span | None) -> None:
    from dataclasses import asdict

    from regulars.explain import METRICS, OF_A_SPAN, explain_metric, term
    from regulars.explain.render import metric_data, metric_lines, term_lines
    from regulars.warehouse import Warehouse

    known = term(word) if word else None
    names = METRICS if known is None else tuple(_METRIC_OF.get(known.word, ()))
    if span:
        names = tuple(name for name in names if name in OF_A_SPAN)
        if known and not names:
            raise _spanless(known.word)
    with Warehouse(call.client(client_id).data_dir).published() as session:
        found = [metric for name in names for metric in explain_metric(session, name, span)]
    if "reach" in names:
        call.say_what_is_as_today()
    data: Any = {"term": asdict(known) if known else None, "metrics": metric_data(found)}
    call.show(data, [*(term_lines(known) if known else ()), *metric_lines(found)])


_METRIC_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("crr", "kept", "won_back", "strict_retention", "S", "E", "N", "L", "R"), ("crr",)),
    **dict.fromkeys(("churn", "turnover"), ("churn",)),
    "revenue_retention": ("revenue_retention",),
    **dict.fromkeys(
        ("repeat_purchase_rate", "returning_customer_rate", "returning_revenue_share"), ("repeat_purchase_rate",)
    ),
    **dict.fromkeys(("next_order", "second_order", "censored"), ("next_order",)),
    "one_and_done": ("one_and_done",),
    **dict.fromkeys(("clv", "lifetime"), ("clv",)),
    **dict.fromkeys(("clv_12m", "low_data", "churn_not_identified"), ("clv_12m",)),
    "reach": ("reach",),
}


def _show_person(call: Call, client_id: str, who: str, value: str | None, pii: bool) -> None:
    from regulars.explain import explain_person
    from regulars.explain.render import person_data, person_lines
    from regulars.run.desk import reading
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with Warehouse(client.data_dir).published() as session, reading(client) as journal:
        person = explain_person(session, who, journal)
    if value is not None:
        person = person.only(value)
    call.show(person_data(person, personal=pii), person_lines(person, personal=pii))
