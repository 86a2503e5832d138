"""Issuing single-use codes.

Shopify takes many codes at once with a yes, makes them some seconds later, and only then says which it
did not make: each change ends with what became of its own code. A code exists once in a shop, whatever
its case, so that issuing the same again makes no second one: it is found where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars import Change, IssueCode, Outcome, PlatformError, UnknownOutcomeError

from regulars_shopify import cost
from regulars_shopify.discounts import Discounts, Group
from regulars_shopify.endpoint import Endpoint

A_CALL = 250
WAITS = (1, 2, 4, 8, 15, 30, 30, 30)
"""Seconds between looks at codes that are being made."""
_POLL = 1 + cost.connection(A_CALL, 1, 1)
Found = dict[Change, Outcome]


class Codes:
    """The codes of one shop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._discounts = endpoint, Discounts(endpoint)

    def issue(self, changes: Sequence[IssueCode]) -> Found:
        """An outcome for each code."""
        done: Found = {}
        groups: dict[Group, list[IssueCode]] = {}
        for change in changes:
            groups.setdefault(Group.of(change), []).append(change)
        for group, wanted in groups.items():
            for start in range(0, len(wanted), A_CALL):
                done |= self._issue(group, wanted[start : start + A_CALL])
        return done

    def _issue(self, group: Group, wanted: Sequence[IssueCode]) -> Found:
        if (currency := self._discounts.currency()) != group.currency:
            return _all(wanted, "rejected", f"the shop sells in {currency}, the code is in {group.currency}")
        done: Found = {}
        while wanted and self._discounts.find(group) is None:
            first, *wanted = wanted
            done |= self._with_discount(group, first, wanted)
            wanted = [change for change in wanted if change not in done]
        return done | self._add(group, wanted) if wanted else done

    def _with_discount(self, group: Group, first: IssueCode, others: Sequence[IssueCode]) -> Found:
        """Make the discount with its first code. What Shopify has against that code is its own affair, what
        it has against the discount is that of all."""
        try:
            error = self._discounts.make(group, first.code)
        except UnknownOutcomeError as fault:
            outcome = self._looked_up(group, first, "unknown", str(fault))
            open_end = outcome.status == "unknown"
            return {first: outcome} | (_all(others, "unknown", str(fault)) if open_end else {})
        if error is None:
            return {first: Outcome(first, "written")}
        if error.field == "code":
            return {first: self._looked_up(group, first, "rejected", error.message)}
        return _all([first, *others], "rejected", error.message)

    def _add(self, group: Group, wanted: Sequence[IssueCode]) -> Found:
        told = {"discountId": self._discounts.find(group), "codes": [{"code": change.code} for change in wanted]}
        try:
            answer = self._endpoint.change("add_codes", told)
        except UnknownOutcomeError as fault:
            return {change: self._looked_up(group, change, "unknown", str(fault)) for change in wanted}
        if answer.errors:
            return _all(wanted, "rejected", answer.errors[0].message)
        made = self._awaited(str(answer.payload["bulkCreation"]["id"]))
        if made is None:
            return _all(wanted, "unknown", f"Shopify did not make the codes within {sum(WAITS)} s")
        return {change: self._made(group, change, made) for change in wanted}

    def _awaited(self, creation: str) -> Mapping[str, str] | None:
        """Code -> why it was not made ("" where it was), once Shopify is done; None where it is not."""
        for wait in WAITS:
            self._endpoint.http.clock.sleep(wait)
            told = self._endpoint.ask("codes_added", {"id": creation}, _POLL).get("discountRedeemCodeBulkCreation")
            if told is None:
                raise PlatformError("Shopify has lost a creation of codes", where=creation, hint="Apply again")
            if told["done"]:
                return _reasons(told["codes"]["nodes"])
        return None

    def _made(self, group: Group, change: IssueCode, made: Mapping[str, str]) -> Outcome:
        why = made.get(change.code)
        if why == "":
            return Outcome(change, "written")
        return self._looked_up(group, change, "rejected", why or "Shopify says nothing of this code")

    def _looked_up(self, group: Group, change: IssueCode, otherwise: Any, why: str) -> Outcome:
        """Our own code of an earlier attempt is there; anything else is what it was taken for."""
        if self._discounts.holding(change.code, group):
            return Outcome(change, "written", "it was made already")
        return Outcome(change, otherwise, why)


def _reasons(nodes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    told: dict[str, str] = {}
    for node in nodes:
        errors = [str(error["message"]) for error in node["errors"]]
        told[node["code"]] = "" if node["discountRedeemCode"] and not errors else "; ".join(errors) or "not made"
    return told


def _all(changes: Sequence[IssueCode], status: Any, why: str) -> Found:
    return {change: Outcome(change, status, why) for change in changes}
