"""Acting in time: a series to win somebody back should end before `act_before` days of silence."""

from __future__ import annotations

from regulars.config.series import ends_in_time, proposed
from regulars.lifecycle.line import Line


def too_late(line: Line, series: int) -> str:
    """Empty where lapsed + series < act_before, else the refusal with what to write instead."""
    if ends_in_time(line.lapsed, series, line.act_before):
        return ""
    later = proposed(line.lapsed, series)
    cycle = line.quartiles[1] if line.quartiles else None
    because = (
        f"this category's normal cycle is {cycle} days"
        if cycle is not None
        else "too little is known of its normal cycle"
    )
    return (
        f"lapsed {line.lapsed} + a series of {series} days do not end before act_before = {line.act_before} days;"
        f' act_before = "{later}d" would be later than the {line.act_before}-day advice, because {because}'
    )
