"""The catalogue's columns as rules and field maps may use them: name, type and, for words, the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from regulars.clv.settings import TITLES
from regulars.config import Source
from regulars.models import Level, Stage

Type = Literal["number", "text", "date", "boolean", "list"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `words`: all values it can have; a rule that compares it with another is refused."""

    type: Type
    words: tuple[str, ...] = ()


_NUMBERS = (
    "orders_count days_since_first days_since_last net_sales average_order refund_rate r f m fm clv_simple"
    " clv_12m clv_12m_low clv_12m_high expected_orders_12m p_active_90d p_active days_in_level review_score"
    " gap_p25 gap_p50 gap_p75 gap_p90 act_before profiles"
)
_TEXTS = "customer_id email first_name last_name country rfm_group last_status referrer line_category"
_OFFERED = "next_product next_sku next_rule offer_segment"
_DATES = "first_order_on last_order_on at_risk_on lapsed_on last_offer_on first_touch_on"
_BOOLEANS = (
    "is_customer open_ticket loyalty_member reach_email reach_phone reach_post reach_push is_referred"
    " stuck_in_basic add_on_ready upsell_ready service_hold"
)

COLUMNS: Mapping[str, Column] = {
    **{name: Column("number") for name in _NUMBERS.split()},
    **{name: Column("text") for name in f"{_TEXTS} {_OFFERED}".split()},
    **{name: Column("date") for name in _DATES.split()},
    **{name: Column("boolean") for name in _BOOLEANS.split()},
    "next_order_on": Column("date"),
    "clv_model": Column("text", tuple(TITLES)),
    "clv_flags": Column("text"),
    "state": Column("text", ("prospect", "active", "at_risk", "lapsed")),
    "stage": Column("text", get_args(Stage)),
    "level": Column("text", get_args(Level)),
    "email_consent": Column("text", ("yes", "no")),
    "email_deliverable": Column("text", ("yes", "no", "unknown")),
    "first_source": Column("text", (*get_args(Source), "unknown")),
    "tags": Column("list"),
    "skus": Column("list"),
    "owned_skus": Column("list"),
}

_OF_PEOPLE = (
    "customer_id email first_name last_name country profiles tags email_consent email_deliverable"
    " reach_email reach_phone reach_post reach_push open_ticket loyalty_member"
)
NOT_OF_ORDERS = frozenset(_OF_PEOPLE.split())
"""Columns that say the same of somebody whatever was ordered."""
OF_CONSENT = {
    "email_consent": ("email",),
    "reach_email": ("email",),
    "reach_phone": ("phone", "sms"),
    "reach_post": ("post",),
    "reach_push": ("push",),
}
"""Columns that rest on what somebody said, with the channels on which they said it."""
