"""Learning the lines of each category from the gaps between its own customers' orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from regulars.lifecycle.acting import too_late
from regulars.lifecycle.categories import update_categories
from regulars.lifecycle.line import SHOP, Line, Source
from regulars.lifecycle.schedule import Kept, in_force
from regulars.lifecycle.season import ASSUMED, YEAR, season_days
from regulars.lifecycle.settings import CategorySettings, LifecycleSettings
from regulars.metrics.survival import Survival, Waited, survival
from regulars.warehouse import Session, statement

NOTHING = CategorySettings()


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is known of one category: who bought, who came back, the quantiles of the gaps in days (25, 50,
    75 and 90 per cent, then the two that are asked for), the curve of waits, and the season if it has one."""

    category: str
    buyers: int
    customers: int
    gaps: int
    quantiles: tuple[int, ...] | None
    curve: Survival
    season: int | None = None


def learn(
    session: Session, settings: LifecycleSettings, as_of: date, past: Mapping[str, Kept] | None = None
) -> Sequence[Line]:
    """The lines in force on a day, for every category that was ever bought and for the whole shop.

    `past` has the newest line of each category that was recorded by then; without any, what is learned
    today counts. Makes category_day; needs metrics' tables.
    """
    params = {
        "as_of": as_of,
        "at_risk_quantile": settings.at_risk_quantile,
        "lapsed_quantile": settings.lapsed_quantile,
        "min_customers": settings.min_customers,
    }
    update_categories(session, as_of)
    session.run(statement(__package__, "gap"), params)
    known = list(_known(session, settings))
    session.run("DROP TABLE gap_size; DROP TABLE gap_count")
    shop = next((gaps for gaps in known if gaps.category == SHOP), Gaps(SHOP, 0, 0, 0, None, Survival(())))
    everything = [shop, *(gaps for gaps in known if gaps.category != SHOP)]
    learned = [line_of(gaps, shop, settings) for gaps in everything]
    lines = learned if past is None else in_force(learned, past, as_of)
    return [judged(line, gaps, shop, settings) for line, gaps in zip(lines, everything, strict=True)]


def line_of(gaps: Gaps, shop: Gaps, settings: LifecycleSettings) -> Line:
    """The line of one category: what the client said, else its season, its own gaps, the shop's, the fixed."""
    said = settings.categories.get(gaps.category, NOTHING)
    at_risk, lapsed, source, reason = _days(gaps, shop, said, settings)
    if said.at_risk or said.lapsed:
        at_risk, lapsed = said.at_risk or at_risk, said.lapsed or lapsed
        source, reason = "client", "said in the client's file"
    return Line(
        category=gaps.category,
        at_risk=at_risk,
        lapsed=max(lapsed, at_risk + 1),
        source=source,
        reason=reason,
        act_before=said.act_before or settings.act_before,
        buyers=gaps.buyers,
        customers=gaps.customers,
        gaps=gaps.gaps,
    )


def judged(line: Line, gaps: Gaps, shop: Gaps, settings: LifecycleSettings) -> Line:
    """The line with the chances at its days, and whether a series would still end in time."""
    own = gaps if gaps.customers >= settings.min_customers else shop
    enough, ahead = own.customers >= settings.min_customers, own.curve.look_ahead
    days = (0, line.at_risk, line.lapsed)
    chances = [own.curve.chance(day, ahead) if enough and ahead else None for day in days]
    new, at_risk, lapsed = (None if chance is None else chance.value for chance in chances)
    found = replace(
        line, quartiles=_quartiles(own) if enough else None, ahead=ahead, chances=(new, at_risk, lapsed)
    )
    return replace(found, refused=too_late(found, settings.series))


def _days(
    gaps: Gaps, shop: Gaps, said: CategorySettings, settings: LifecycleSettings
) -> tuple[int, int, Source, str]:
    if said.yearly:
        return _season(gaps, settings)
    if not settings.learned:
        return settings.at_risk, settings.lapsed, "client", "fixed in the client's file"
    least = settings.min_customers
    if gaps.customers >= least:
        at_risk, lapsed, how = _chosen(gaps, settings)
        return at_risk, lapsed, "shop" if gaps.category == SHOP else "category", how
    few = f"{gaps.customers} of the {least} customers needed came back"
    if shop.customers >= least:
        at_risk, lapsed, _ = _chosen(shop, settings)
        return at_risk, lapsed, "shop", f"{few} in this category: the whole shop's lines"
    return settings.at_risk, settings.lapsed, "fixed", f"{shop.customers} of the {least} customers needed came" \
        " back to the shop: the fixed lines"  # fmt: skip


def _chosen(gaps: Gaps, settings: LifecycleSettings) -> tuple[int, int, str]:
    quantiles = gaps.quantiles or ()
    at_risk, lapsed = quantiles[4], quantiles[5]
    first = f"{settings.at_risk_quantile:.0%} are no longer than {at_risk:,} days"
    second = f"{settings.lapsed_quantile:.0%} no longer than {lapsed:,}"
    how = f"of {gaps.gaps:,} gaps of {gaps.customers:,} customers {first}, {second}"
    if settings.choose == "percentile":
        return at_risk, lapsed, how
    start = gaps.curve.chance(0, gaps.curve.look_ahead) if gaps.curve.look_ahead else None
    half = gaps.curve.silence(start.value / 2) if start else None
    quarter = gaps.curve.silence(start.value / 4) if start else None
    if not half or not quarter:
        return at_risk, lapsed, f"{how}; the chance of another order is not seen to fall to a quarter"
    waits = f"{gaps.curve.waits:,} waits of {gaps.buyers:,} customers"
    return (
        half,
        quarter,
        f"the chance of another order has halved, and is under a quarter of what it was ({waits})",
    )


def _season(gaps: Gaps, settings: LifecycleSettings) -> tuple[int, int, Source, str]:
    days = gaps.season
    if gaps.buyers < settings.min_customers or days is None:
        days, told = ASSUMED, f"a season of {ASSUMED} days, assumed from {gaps.buyers:,} buyers"
    else:
        told = f"nine in ten orders are placed within {days} days of the year"
    return YEAR, YEAR + days, "season", f"bought yearly: lapsed after a missed season ({told})"


def _quartiles(gaps: Gaps) -> tuple[int, int, int, int] | None:
    if gaps.quantiles is None:
        return None
    first, second, third, ninth = gaps.quantiles[:4]
    return first, second, third, ninth


def _known(session: Session, settings: LifecycleSettings) -> Iterable[Gaps]:
    waits: dict[str, list[Waited]] = defaultdict(list)
    for category, *counts in session.query("SELECT category, days, ordered, censored FROM gap_count"):
        waits[category].append(Waited(*counts))
    seasons = _seasons(session, settings)
    sql = "SELECT category, buyers, customers, gaps, q FROM gap_size ORDER BY category"
    for category, buyers, customers, gaps, q in session.query(sql):
        curve = survival(waits[category])
        yield Gaps(category, buyers, customers, gaps, tuple(q) if q else None, curve, seasons.get(category))


def _seasons(session: Session, settings: LifecycleSettings) -> Mapping[str, int]:
    yearly = [name for name, said in settings.categories.items() if said.yearly]
    if not yearly:
        return {}
    sql = """SELECT c.category AS category, CAST(dayofyear(c.ordered_on) AS INTEGER) AS day, count(*) AS orders
        FROM category_day AS c WHERE list_contains($yearly::VARCHAR[], c.category) GROUP BY 1, 2"""
    orders: dict[str, dict[int, Any]] = defaultdict(dict)
    for category, day, count in session.query(sql, {"yearly": yearly}):
        orders[category][day] = count
    return {category: season_days(days) for category, days in orders.items()}
