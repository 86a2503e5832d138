"""Acquisition as a page of text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from regulars.acquisition.keeping import REFERENCE as TIMES
from regulars.acquisition.keeping import Keeping
from regulars.acquisition.report import Acquisition, Step
from regulars.acquisition.spend import Payback, Won
from regulars.acquisition.word import REFERENCE, Referral, Word
from regulars.money import Money


def page_lines(found: Acquisition, name: str) -> Iterator[str]:
    """The page."""
    yield f"{name}   acquisition, as of {found.as_of}"
    yield ""
    yield from _funnel(found)
    yield ""
    yield from _word(found)
    yield ""
    yield from _spend(found)
    yield ""
    yield from _keeping(found.keeping, found)


def _funnel(found: Acquisition) -> Iterator[str]:
    yield f"{'first source':<14}{'known':>10}{'reachable':>12}{'ordered':>10}{'':>9}{'again':>10}"
    for step in (*found.funnel, found.whole):
        yield _step(step)
    if found.whole.known == next((s.known for s in found.funnel if s.source == "unknown"), 0):
        yield "no platform says where people came from: map a signal of kind source"
    if found.whole.out_of_reach:
        yield f"reachable counts everybody who ordered; {found.whole.out_of_reach:,} are out of reach today"


def _step(step: Step) -> str:
    ordered, again = _percent(step.ordered, step.known), _percent(step.again, step.ordered)
    counts = f"{step.known:>10,}{step.reachable:>12,}{step.ordered:>10,}{ordered:>9}{step.again:>10,}{again:>9}"
    return f"{step.source:<14}{counts}"


def _word(found: Acquisition) -> Iterator[str]:
    word = found.word
    yield f"{'word of mouth':<14}{'leads':>10}{'ordered':>10}   conversion"
    for label, part in (("referred", word.referred), ("others", word.others)):
        yield f"{label:<14}{part.leads:>10,}{part.ordered:>10,}   {_conversion(part)}"
    yield f"referred against others: {_better(word)}; reference: {REFERENCE}"
    means = [_mean(part, found) for part in (word.referred, word.others)]
    yield f"value of a buyer: referred {means[0]}, others {means[1]} (an association; nobody was drawn by lot)"
    if word.k is None:
        yield "K (invitations per customer x share that led to an order): not measured, no invitation is visible"
    else:
        share = _share(word.referred.ordered, word.invitations)
        yield f"K = {word.per_customer:.3f} invitations per customer x {share} = {word.k:.3f}"


def _conversion(part: Referral) -> str:
    if part.interval is None:
        return f"too few (under 30): {part.ordered} of {part.leads}"
    low, high = part.interval
    own = f"; {part.began_with_order:,} became known by ordering" if part.began_with_order else ""
    return f"{part.conversion:.1f} % ({low:.1f} to {high:.1f} %){own}"


def _better(word: Word) -> str:
    if word.better is None:
        return "too few"
    ends = word.better_interval
    return f"{word.better:+.1f} %" + (f" ({ends[0]:+.1f} to {ends[1]:+.1f} %)" if ends else "")


def _mean(part: Referral, found: Acquisition) -> str:
    return "not known" if part.mean_minor is None else str(Money.of_minor(part.mean_minor, found.currency))


def _spend(found: Acquisition) -> Iterator[str]:
    if not found.won:
        yield "cost of a customer   needs ad spend: enter [costs] acquisition, per month and source"
        return
    margin = (
        f"{100 * found.margin.share:g} % margin" if found.margin.is_set else "net sales; clv.margin is not set"
    )
    yield f"cost of a customer   values are {margin}; what they brought so far and the next 12 months"
    heads = f"{'won':>8}{'spent':>18}{'CAC':>16}{'CLV':>16}{'CLV:CAC':>10}"
    yield f"{'source':<14}{'month':<10}{heads}   payback"
    paybacks = {each.source: each for each in found.paybacks}
    for row in found.won:
        yield _won(row, found, "")
    for row in found.sources:
        yield _won(row, found, _payback(paybacks.get(row.source)))


def _won(row: Won, found: Acquisition, payback: str) -> str:
    cac, value, ratio = row.cac_minor, row.value_minor(found.margin), row.ratio(found.margin)
    month = f"{row.month:%Y-%m}" if row.month else "all"
    amounts = f"{_money(row.spent_minor, found):>18}{_money(cac, found):>16}{_money(value, found):>16}"
    shown = "-" if ratio is None else f"{ratio:.1f}"
    return f"{row.source:<14}{month:<10}{row.customers:>8,}{amounts}{shown:>10}   {payback}".rstrip()


def _payback(found: Payback | None) -> str:
    if found is None or not found.seen:
        return "too few are old enough"
    return f"{found.months} months" if found.months else f"not within {found.seen} months"


def _keeping(kept: Keeping, found: Acquisition) -> Iterator[str]:
    head = "winning against keeping"
    if kept.needs:
        yield f"{head}   {kept.needs}"
        return
    yield f"{head}   {_months(kept)}: over, and both costs are entered"
    spent, cost = (Money.of_minor(minor, found.currency) for minor in (kept.spent_minor, kept.cost_minor))
    cac = _money(kept.cac_minor, found)
    yield f"CAC, all sources   {cac} = {spent} / {kept.won:,} won, wherever they came from"
    each = "nobody kept" if kept.each_minor is None else Money.of_minor(kept.each_minor, found.currency)
    yield f"cost of keeping    {each} = {cost} / {kept.kept:,} kept: ordered after the month of their first order"
    yield "                   programmes and platforms; a customer counts once per month"
    ratio = kept.missing if kept.ratio is None else f"{kept.ratio:.1f} x"
    yield f"winning / keeping  {ratio}; reference: {TIMES}"


def _months(kept: Keeping) -> str:
    first, last = f"{kept.months[0]:%Y-%m}", f"{kept.months[-1]:%Y-%m}"
    return first if len(kept.months) == 1 else f"{len(kept.months)} months from {first} to {last}"


def page_data(found: Acquisition) -> dict[str, Any]:
    """For JSON: everything, amounts in minor units of `currency`; null is "not measured"."""
    data = asdict(found)
    for name, part in (("referred", found.word.referred), ("others", found.word.others)):
        data["word"][name] |= {
            "too_few": part.is_too_few,
            "conversion": part.conversion,
            "interval": part.interval,
            "mean_minor": part.mean_minor,
        }
    data["word"] |= {"per_customer": found.word.per_customer, "k": found.word.k, "reference": REFERENCE}
    data["word"] |= {"better": found.word.better, "better_interval": found.word.better_interval}
    for name in ("won", "sources"):
        data[name] = [
            asdict(row)
            | {
                "cac_minor": row.cac_minor,
                "clv_minor": row.value_minor(found.margin),
                "clv_to_cac": row.ratio(found.margin),
            }
            for row in getattr(found, name)
        ]
    kept = found.keeping
    data["keeping"] |= {"cac_minor": kept.cac_minor, "each_minor": kept.each_minor, "ratio": kept.ratio}
    data["keeping"] |= {"missing": kept.missing, "reference": None if kept.needs else TIMES}
    data["cost"] = "entered" if found.won else "needs ad spend"
    return data


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _share(part: int, whole: int | None) -> str:
    return f"{part:,} / {whole:,}"


def _money(minor: int | None, found: Acquisition) -> str:
    return "nobody won" if minor is None else str(Money.of_minor(minor, found.currency))
