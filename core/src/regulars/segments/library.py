"""Segments as they are written in files, and those that come with the product."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Literal

from regulars.errors import ConfigError
from regulars.models import Stage
from regulars.segments.rule import Rule, parse

NEEDS = ("orders.fresh", "consent.fresh")
EMAIL = ("email_consent = 'yes'", "email_deliverable = 'yes'")
"""What the engine adds to a segment of channel "email", whether it is written or not."""
SERVICE_FIRST = "NOT service_hold"
"""What it adds to a promotion: nobody with an open ticket, a fresh refund or complaint."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A named rule. With `channel` "email" it is handed to senders: consent and deliverability are
    conditions even where the rule does not say so. `needs` not met: membership stays as it was. Whoever
    comes into a segment with `promo` is offered something: service goes first, and nobody gets two offers
    within `expansion.between_offers`."""

    name: str
    title: str
    when: str
    stage: Stage | None = None
    needs: tuple[str, ...] = ()
    channel: Literal["email"] | None = None
    promo: bool = False

    @classmethod
    def of(cls, name: str, table: Mapping[str, Any]) -> Segment:
        """From a file's table. Raises ConfigError for an unknown key, need or channel."""
        known = {"title", "when", "stage", "needs", "channel", "promo"}
        if strange := sorted(set(table) - known):
            raise ConfigError(
                f"unknown key {strange[0]!r}", where=f"segment {name}", hint=f"Known: {sorted(known)}"
            )
        if not table.get("when"):
            raise ConfigError("has no rule", where=f"segment {name}", hint='Write when = "..."')
        needs = tuple(table.get("needs", ()))
        if wrong := [need for need in needs if need not in NEEDS]:
            raise ConfigError(f"unknown need {wrong[0]!r}", where=f"segment {name}", hint=f"Known: {NEEDS}")
        if table.get("channel") not in (None, "email"):
            raise ConfigError(
                f"unknown channel {table['channel']!r}", where=f"segment {name}", hint="Known: email"
            )
        promo = table.get("promo", False)
        if not isinstance(promo, bool):
            raise ConfigError(f"promo is {promo!r}", where=f"segment {name}", hint="Write promo = true or false")
        own = (name, table.get("title", name), table["when"], table.get("stage"), needs, table.get("channel"))
        return cls(*own, promo)

    @property
    def added(self) -> tuple[str, ...]:
        """Conditions that the engine adds."""
        if not self.promo:
            return EMAIL if self.channel else ()
        name = self.name.replace("'", "''")
        unoffered = f"offer_segment IS NULL OR offer_segment = '{name}'"
        return (*(EMAIL if self.channel else ()), SERVICE_FIRST, unoffered)

    def rule(self) -> Rule:
        """The checked rule with what the engine adds. Raises ConfigError."""
        rule = parse(self.name, self.when)
        written = {part.sql("duckdb", comments=False) for part in rule.conditions}
        added = tuple(parse(self.name, text).conditions[0] for text in self.added if text not in written)
        return Rule(rule.name, rule.text, rule.conditions + added)


def read(text: str) -> dict[str, Segment]:
    """Segments of a TOML text by name; a top-level `schema` number is let through. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"not TOML: {fault}", where="segments") from None
    return {name: Segment.of(name, table) for name, table in tables.items() if name != "schema"}


def in_use(names: Sequence[str], *texts: str) -> list[Segment]:
    """The segments a client switched on, in its order.

    `texts` are the workspace's segment files; what they define comes before what is shipped. Raises
    ConfigError with the nearest name for one that nobody defines.
    """
    known = dict(shipped())
    for text in texts:
        known |= read(text)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(known))}"
            raise ConfigError(f"no segment named {name!r}", where="segments.use", hint=hint)
    return [known[name] for name in dict.fromkeys(names)]


def shipped() -> dict[str, Segment]:
    """The segments that come with the product."""
    return read((files("regulars.segments") / "shipped.toml").read_text(encoding="utf-8"))
