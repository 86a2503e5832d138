"""What somebody may be offered and why, or what holds it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars.explain.rules import Reason
from regulars.explain.snapshot import Row, rows
from regulars.warehouse import Session

_ADMISSIBLE = """SELECT u.*, a.position FROM admissible AS a
    JOIN recommendation_rule AS u ON u.rule_id = a.rule_id WHERE a.customer_id = $id ORDER BY a.position"""
_HELD = "SELECT rule_id, held_by FROM held_back WHERE customer_id = $id ORDER BY rule_id"
_SERVICE = "SELECT reason, since FROM service_hold WHERE customer_id = $id ORDER BY reason"


def offer_reasons(session: Session, customer_id: str) -> Iterator[Reason]:
    """The best recommendation with its evidence, the others, and what holds rules back."""
    if not session.has("held_back"):
        return
    who = {"id": customer_id}
    open_, held = rows(session, _ADMISSIBLE, who), rows(session, _HELD, who)
    service, facts = rows(session, _SERVICE, who), dict[str, Any]()
    if open_:
        facts |= {"rule": open_[0]["rule_id"], "evidence": _evidence(open_[0])}
    facts |= {f"also {rule['rule_id']}": f"{rule['title']} ({_evidence(rule)})" for rule in open_[1:]}
    facts |= {f"held back {row['rule_id']}": row["held_by"] for row in held}
    facts |= {f"service first, {row['reason']}": f"since {row['since'] or 'an unknown day'}" for row in service}
    last = session.query("SELECT last_offer_on FROM recommended WHERE customer_id = $id", who)
    if last and last[0][0]:
        facts["last offer on"] = last[0][0]
    if open_:
        yield Reason("offer", f"{open_[0]['title']} ({open_[0]['sku']})", _rule(open_[0]), facts)
    else:
        yield Reason("offer", "nothing", _nothing(session, bool(held), bool(service)), facts)


def _rule(rule: Row) -> str:
    told = "{from_label} leads to {to_label}, as declared"
    if rule["kind"] == "pair":
        told = "{from_label} and {to_label} are bought together"
    return f"they own what it starts from ({told.format(**rule)}), and nothing holds it back"


def _evidence(rule: Row) -> str:
    told = f"{rule['then_people']:,} of {rule['from_people']:,} who bought the first bought this later"
    lift = "" if rule["lift"] is None else f", lift {rule['lift']:.2f}, at least {rule['lift_low']:.2f}"
    return told + lift


def _nothing(session: Session, held: bool, service: bool) -> str:
    if service:
        return "service goes before the sale"
    if held:
        return "every rule that fits is held back"
    used = session.query("SELECT count(*) FROM recommendation_rule WHERE in_use")[0][0]
    return "no rule in use starts from what they own" if used else "no rule is in use"
