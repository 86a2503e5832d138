"""Owned media as a page of text and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from regulars.media.reach import BEST, ChannelReach, People
from regulars.media.report import OwnedMedia
from regulars.media.way import Gain
from regulars.money import Money

Costs = Mapping[tuple[str, date], int]
"""Programme (lower case) and first of the month -> minor units that somebody entered."""
_BEST = {
    "owned": "reachable on an own channel",
    "rented": "only through rented media",
    "earned": "only through earned media",
    "none": "not at all",
}
_SEEN, _LISTS = 12, 4  # months of programmes, and audiences of a medium, on the page


def page_lines(found: OwnedMedia, name: str, costs: Costs) -> Iterator[str]:
    """The page."""
    yield f"{name}   owned media, as of {found.as_of}; value: {found.value.text}"
    yield ""
    yield from _reach(found)
    yield ""
    yield from _quadrants(found)
    yield ""
    yield from _media(found)
    yield ""
    yield from _way(found, costs)
    yield ""
    yield from _health(found)


def _reach(found: OwnedMedia) -> Iterator[str]:
    yield f"{'reach':<30}{'people':>10}{'share':>9}{'value':>20}{'share':>9}"
    for channel in found.reach.channels:
        if channel.is_visible:
            yield _row(channel.channel, channel.reached, found)
            yield f"    {_kept_out(channel)}"
        else:
            yield f"{channel.channel:<30}{'not visible: no platform tells an address or a consent':>10}"
    yield from (_row(_BEST[best], found.reach.best[best], found) for best in BEST)
    yield _row("everybody known", found.reach.everybody, found)


def _kept_out(channel: ChannelReach) -> str:
    return (
        f"kept out by one thing alone: no address {channel.without('address'):,},"
        f" no consent {channel.without('consent'):,}, does not arrive {channel.without('arrives'):,}"
    )


def _row(label: str, people: People, found: OwnedMedia) -> str:
    count, value = (_percent(share) for share in found.reach.share(people))
    return f"{label:<30}{people.people:>10,}{count:>9}{_money(people.value_minor, found):>20}{value:>9}"


def _quadrants(found: OwnedMedia) -> Iterator[str]:
    two = found.quadrants
    line = (
        "nobody has a value yet"
        if two.line_minor is None
        else f"valuable: {_money(two.line_minor, found)} or more"
    )
    yield f"customers by value and reach   {line} (the top tenth)"
    rows = {
        "valuable, reachable": two.valuable_reachable,
        "valuable, unreachable": two.valuable_unreachable,
        "other, reachable": two.other_reachable,
        "other, unreachable": two.other_unreachable,
        "all customers": two.whole,
    }
    for label, cell in rows.items():
        note = "   segment unreachable_valuable" if label == "valuable, unreachable" else ""
        yield f"{label:<30}{cell.customers:>10,}{'':>9}{_money(cell.value_minor, found):>20}{note}"
    if two.unvalued:
        yield f"{two.unvalued:,} without a value count as other: they objected to profiling, or brought nothing"


def _media(found: OwnedMedia) -> Iterator[str]:
    whole = sum(found.touches.values())
    yield f"{'four media':<30}{'touches':>10}{'share':>9}   audiences (people known to us)"
    for media, touches in found.touches.items():
        share = _percent(100 * touches / whole if whole else None)
        names = [f"{a.name} {a.people:,}" for a in found.audiences if a.media == media]
        lists = ", ".join(names[:_LISTS]) + (f" and {len(names) - _LISTS} more" if len(names) > _LISTS else "")
        yield f"{media:<30}{touches:>10,}{share:>9}   {lists or '-'}"
    for channel, touches in found.unclassed.items():
        yield f"channel {channel!r} is in no class yet: its {touches:,} touches count as unowned"


def _way(found: OwnedMedia, costs: Costs) -> Iterator[str]:
    way = found.way
    yield (
        f"from rented to owned   {way.rented:,} people known from rented media:"
        f" {way.with_address:,} with an address on an own channel, {way.reachable:,} reachable"
    )
    if not found.gains:
        yield "no programme is visible: map a signal loyalty_member, member_card or privilege"
        return
    heads = ("joined", "emails", "phones", "valid", "social", "e-consent", "p-consent", "gained", "cost each")
    yield f"{'programme':<18}{'month':<10}" + "".join(f"{head:>11}" for head in heads)
    months = sorted({gain.month for gain in found.gains if gain.month})[-_SEEN:]
    for gain in found.gains:
        if gain.month is None or gain.month in months:
            yield _gain(gain, found, costs)


def _gain(gain: Gain, found: OwnedMedia, costs: Costs) -> str:
    fields = (gain.joined, gain.emails, gain.phones, gain.phones_valid, gain.socials)
    acts = (gain.email_consents, gain.phone_consents, gain.gained)
    cells = [f"{n:,}" for n in fields] + [f"{n:,}" if gain.is_dated else "-" for n in acts]
    month = f"{gain.month:%Y-%m}" if gain.month else "no date"
    cost = _cost_each(gain, found, costs)
    return f"{gain.programme[:17]:<18}{month:<10}" + "".join(f"{cell:>11}" for cell in [*cells, cost])


def _cost_each(gain: Gain, found: OwnedMedia, costs: Costs) -> str:
    spent = _spent(gain, costs)
    if spent is None:
        return "needs cost"
    each = gain.cost_each(spent)
    return "no gain" if each is None else _money(each, found)


def _spent(gain: Gain, costs: Costs) -> int | None:
    return costs.get((gain.programme.lower(), gain.month)) if gain.month else None


def _health(found: OwnedMedia) -> Iterator[str]:
    if not found.health:
        yield "list health   nothing is known of joining, leaving and bounces in the last 12 months"
        return
    yield f"{'list health, e-mail':<30}{'joined':>10}{'left':>9}{'bounced':>10}{'complained':>12}"
    for month in found.health:
        cells = f"{month.joined:>10,}{month.unsubscribed:>9,}{month.bounced:>10,}{month.complained:>12,}"
        yield f"{month.month:%Y-%m}{'':<23}{cells}"


def page_data(found: OwnedMedia, costs: Costs) -> dict[str, Any]:
    """For JSON: everything, amounts in minor units of `currency`."""
    data = asdict(found)
    data["value"] = found.value.text
    data["reach"] = {
        "channels": [_channel_data(channel) for channel in found.reach.channels],
        "best": {best: asdict(people) for best, people in found.reach.best.items()},
        "everybody": asdict(found.reach.everybody),
    }
    data["quadrants"]["all_customers"] = asdict(found.quadrants.whole)
    data["gains"] = [
        asdict(gain) | {"spent_minor": (spent := _spent(gain, costs)), "cost_each_minor": gain.cost_each(spent)}
        for gain in found.gains
    ]
    return data


def _channel_data(channel: ChannelReach) -> dict[str, Any]:
    cells = [
        {"address": address, "consent": consent, "arrives": arrives, **asdict(people)}
        for (address, consent, arrives), people in sorted(channel.cells.items(), reverse=True)
    ]
    return {
        "channel": channel.channel,
        "formula": "address AND consent AND arrives",
        "visible": channel.is_visible,
        "reached": asdict(channel.reached),
        "cells": cells,
    }


def _money(minor: int, found: OwnedMedia) -> str:
    return str(Money.of_minor(minor, found.currency))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} %"
