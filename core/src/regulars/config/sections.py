"""The sections that agency and client files share, with the built-in defaults.

An agency writes them below `[defaults]`, a client at the top of its own file; what neither says is
what stands here.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator

from regulars.config.durations import Duration
from regulars.config.products import ExpansionConfig, ProductsConfig
from regulars.money import Money, MoneyError, exponent


class Section(BaseModel):
    """A table of a file: unknown keys are refused, types are not guessed, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


def _currency(code: str) -> str:
    try:
        exponent(code)
    except MoneyError:
        raise ValueError('expected an ISO 4217 currency such as "EUR"') from None
    return code


def _amount(value: Any) -> Money:
    if isinstance(value, Money):
        return value
    try:
        amount, currency = str(value).split()
        return Money.parse(amount, currency)
    except (ValueError, MoneyError):
        raise ValueError('expected an amount with its currency such as "75.00 USD"') from None


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise ValueError('expected a number such as "1.0845"')
    return number


Currency = Annotated[str, BeforeValidator(lambda code: _currency(str(code)))]
Amount = Annotated[Money, PlainValidator(_amount), PlainSerializer(lambda m: f"{m.amount} {m.currency}", str)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


class CategoryLines(Section):
    """What is said of one category of products; `seasonal` "yearly": bought in a season of the year."""

    at_risk: Duration | None = None
    lapsed: Duration | None = None
    act_before: Duration | None = None
    seasonal: Literal["yearly"] | None = None


class LifecycleConfig(Section):
    """When a customer counts as at risk or lapsed, and how long levels last.

    `lines` "learned" takes the shop's own gaps, and `at_risk` and `lapsed` only where there are too few of
    them; "fixed" takes these two. Where it is not said, a file that states `at_risk` or `lapsed` means them.
    """

    lines: Literal["learned", "fixed"] | None = None
    choose: Literal["percentile", "survival"] = "percentile"
    at_risk_quantile: Share = 0.75
    lapsed_quantile: Share = 0.90
    min_repeat_customers: Annotated[int, Field(ge=30)] = 100
    categories: dict[str, CategoryLines] = {}
    series: Duration = timedelta(days=12)
    at_risk: Duration = timedelta(days=90)
    lapsed: Duration = timedelta(days=180)
    act_before: Duration = timedelta(days=180)
    basic_max_dwell: Duration = timedelta(days=60)
    new_customer: Duration = timedelta(days=30)
    level_down_after: Duration = timedelta(days=30)

    @property
    def is_learned(self) -> bool:
        """Whether the shop's own gaps draw the lines."""
        return self.lines == "learned" or (
            self.lines is None and not self.model_fields_set & {"at_risk", "lapsed"}
        )


class Benchmark(Section):
    """A figure of the trade in %, to stand beside the client's own: what it is, and who published it."""

    name: str
    value: Percent
    source: str


class RetentionConfig(Section):
    """Reported periods; `active_window` is what "a customer" means at a period's ends; CRR in %."""

    periods: list[Literal["week", "month", "quarter", "year"]] = ["week", "month", "quarter", "year"]
    active_window: Duration = timedelta(days=365)
    target_crr: Percent = 85.0
    benchmark: Benchmark | None = None


class Rate(Section):
    """One unit of `currency` is `rate` of the client's currency, from this day on."""

    currency: Currency
    from_: date = Field(alias="from")
    rate: Annotated[Decimal, BeforeValidator(_decimal), Field(gt=0)]


class ClvConfig(Section):
    """Predicted value of customers: the model ("auto": whichever the back-test prefers), the past held back
    for that, yearly discount, the share of net sales that is margin, and what "active" means ahead.

    `pool` lets this client's fitted parameters help the agency's small shops, and theirs this one.
    """

    model: Literal["auto", "mbg", "pareto", "bg"] = "auto"
    backtest: Annotated[Duration, Field(ge=timedelta(days=7))] = timedelta(days=180)
    discount: Annotated[float, Field(ge=0, le=1)] = 0.10
    margin: Annotated[float, Field(gt=0, le=1)] = 1.0
    active_within: Annotated[Duration, Field(ge=timedelta(days=1))] = timedelta(days=90)
    refit_every: Annotated[Duration, Field(ge=timedelta(days=1))] = timedelta(days=7)
    refit_growth: Percent = 5.0
    pool: bool = False

    @property
    def known_margin(self) -> float | None:
        """The margin where somebody entered one; the default of 1 is no margin to reckon profit with."""
        return self.margin if "margin" in self.model_fields_set else None


class MoneyConfig(Section):
    """Which orders count, with or without tax and shipping, when refunds count, and what foreign currencies
    are worth."""

    refund_date: Literal["order", "refund"] = "order"
    tax: Literal["exclude", "include"] = "exclude"
    shipping: Literal["exclude", "include"] = "exclude"
    exclude_test: bool = True
    exclude_cancelled: bool = True
    wholesale_tags: list[str] = ["wholesale"]
    wholesale_companies: bool = True
    rates: list[Rate] = []


class IdentityConfig(Section):
    """Local parts of addresses that belong to many, and the largest cluster that is still a person."""

    shared_inboxes: list[str] = ["info", "office", "sales", "hello", "accounts", "admin", "contact", "orders"]
    max_cluster: Annotated[int, Field(ge=2)] = 6


class FreshnessConfig(Section):
    """Section `clock`: older sources than these, and nothing is handed to a sending channel."""

    order_source_max_age: Duration = timedelta(hours=26)
    consent_max_age: Duration = timedelta(hours=26)


class WriteConfig(Section):
    """How plans are written. `replace_email` and `pending_member` allow the two address changes."""

    plan_ttl: Duration = timedelta(hours=6)
    clear_on_null: bool = False
    replace_email: bool = False
    pending_member: bool = False
    canary: Annotated[int, Field(ge=1)] = 50


class GuardsConfig(Section):
    """Limits a plan may not pass, and whether a night compares yesterday with the platform's own totals. A client
    may only be stricter than its agency (`load.STRICTER`)."""

    max_change_pct_per_field: Percent = 40
    max_clear_pct_per_field: Percent = 2
    max_segment_shift_pct: Percent = 30
    max_write_records: Count = 250_000
    min_source_rows_pct: Percent = 80
    reconcile_yesterday: bool = True


class LegalBasis(Section):
    """Somebody's decision that people of one connection and country may be mailed, and on what ground."""

    source: str
    country: str
    basis: str
    by: str
    on: date


class ConsentConfig(Section):
    """Recorded legal bases; there is no setting that makes an unknown consent a yes."""

    legal_basis: list[LegalBasis] = []


class HoldoutConfig(Section):
    """Share of a reactivation's people who are left alone, to measure what it did."""

    share: Annotated[float, Field(ge=0, lt=1)] = 0.10
    salt: str = "regulars"
    measure_days: Annotated[int, Field(ge=1)] = 60


class Cap(Section):
    """A budget: records and money, both needed; nothing by default."""

    records: Count = 0
    cost: Amount | None = None


class EcoaConfig(Section):
    """Looking up new addresses for bounced ones: off, and with empty budgets, until told otherwise.

    `hold_back` is the share of eligible people who are never looked up, to measure what it brings;
    `four_eyes` has another person buy than asked for the quote.
    """

    enabled: bool = False
    connection: str | None = None
    jurisdictions: list[str] = ["US"]
    unit_cost: Amount | None = None
    max_per_run: Cap = Cap()
    max_per_month: Cap = Cap()
    resubmit_after: Duration = timedelta(days=180)
    min_orders: Count = 1
    hold_back: Annotated[float, Field(ge=0, lt=1)] = 0.0
    four_eyes: bool = False


class SegmentsConfig(Section):
    """Names of the segments of segments/common.toml that are switched on."""

    use: list[str] = []


class ScheduleConfig(Section):
    """How often a client's night is due; `slack` is how late it may be before it counts as missed."""

    every: Duration = timedelta(hours=24)
    slack: Duration = timedelta(hours=2)


class StorageConfig(Section):
    """How long merged pages are kept; personal data should not lie about longer than it is needed."""

    keep_segments: Duration = timedelta(days=30)


class Sections(Section):
    """Everything an agency may set for all of its clients."""

    lifecycle: LifecycleConfig = LifecycleConfig()
    retention: RetentionConfig = RetentionConfig()
    clv: ClvConfig = ClvConfig()
    money: MoneyConfig = MoneyConfig()
    identity: IdentityConfig = IdentityConfig()
    clock: FreshnessConfig = FreshnessConfig()
    write: WriteConfig = WriteConfig()
    guards: GuardsConfig = GuardsConfig()
    consent: ConsentConfig = ConsentConfig()
    holdout: HoldoutConfig = HoldoutConfig()
    ecoa: EcoaConfig = EcoaConfig()
    segments: SegmentsConfig = SegmentsConfig()
    products: ProductsConfig = ProductsConfig()
    expansion: ExpansionConfig = ExpansionConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    storage: StorageConfig = StorageConfig()
