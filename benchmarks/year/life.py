"""A day in town: who does what, and when."""

from __future__ import annotations

import random
from datetime import datetime

from benchmarks.year import crm_life, mail_life, shop_life
from benchmarks.year.town import Town

ACTS = (*shop_life.ACTS, *crm_life.ACTS, *mail_life.ACTS)
_WEIGHTS = [act.weight for act in ACTS]
A_DAY = (4, 18)
"""How many things happen on a day, at least and at most; on a quiet day in twenty nothing happens."""


def day(town: Town, until: datetime, dice: random.Random) -> int:
    """Let people do things until an instant; returns how many were done."""
    count = 0 if dice.random() < 0.05 else dice.randint(*A_DAY)
    span = (until - town.now).total_seconds()
    began = town.now
    done = 0
    for moment in sorted(dice.random() for _ in range(count)):
        town.house.clock.move_to(began + moment * (until - began))
        done += something(town, dice)
    if span > 0 and not any(name == "an order" for name in _names(town, began)) and count:
        done += town.act(shop_life.ACTS[0], dice)
    town.house.clock.move_to(until)
    shop_life.settle(town)
    return done


def something(town: Town, dice: random.Random) -> bool:
    """One thing that is possible happens."""
    return any(town.act(act, dice) for act in dice.choices(ACTS, _WEIGHTS, k=5))


def _names(town: Town, since: datetime) -> list[str]:
    return [done.name for done in town.done if done.at >= since]
