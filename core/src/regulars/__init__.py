"""Regulars: the public API. A plugin imports from here and from `regulars.testing`, nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regulars.answers import judge_by_status as judge_by_status
    from regulars.changes import AddressChange as AddressChange
    from regulars.changes import Change as Change
    from regulars.changes import IssueCode as IssueCode
    from regulars.changes import JoinList as JoinList
    from regulars.changes import LeaveList as LeaveList
    from regulars.changes import Outcome as Outcome
    from regulars.changes import SetField as SetField
    from regulars.clock import Clock as Clock
    from regulars.clock import SimulatedClock as SimulatedClock
    from regulars.clock import SystemClock as SystemClock
    from regulars.connector import CheckReport as CheckReport
    from regulars.connector import Connector as Connector
    from regulars.connector import Destination as Destination
    from regulars.connector import Discovery as Discovery
    from regulars.connector import Draft as Draft
    from regulars.connector import DraftRequest as DraftRequest
    from regulars.connector import Drafts as Drafts
    from regulars.connector import FieldSpec as FieldSpec
    from regulars.connector import Finding as Finding
    from regulars.connector import FoundField as FoundField
    from regulars.connector import FoundList as FoundList
    from regulars.connector import Held as Held
    from regulars.connector import Missing as Missing
    from regulars.connector import Page as Page
    from regulars.connector import Price as Price
    from regulars.connector import Rejected as Rejected
    from regulars.connector import Role as Role
    from regulars.connector import Settings as Settings
    from regulars.connector import Source as Source
    from regulars.connector import Totals as Totals
    from regulars.connector import Writes as Writes
    from regulars.connector import by_id as by_id
    from regulars.connector import by_time as by_time
    from regulars.connector import full_compare as full_compare
    from regulars.ecoa import Ability as Ability
    from regulars.ecoa import Deliverability as Deliverability
    from regulars.ecoa import EcoaBatch as EcoaBatch
    from regulars.ecoa import EcoaBounce as EcoaBounce
    from regulars.ecoa import EcoaCapabilities as EcoaCapabilities
    from regulars.ecoa import EcoaCode as EcoaCode
    from regulars.ecoa import EcoaCredit as EcoaCredit
    from regulars.ecoa import EcoaJob as EcoaJob
    from regulars.ecoa import EcoaPage as EcoaPage
    from regulars.ecoa import EcoaProvider as EcoaProvider
    from regulars.ecoa import EcoaQuote as EcoaQuote
    from regulars.ecoa import EcoaRejection as EcoaRejection
    from regulars.ecoa import EcoaResult as EcoaResult
    from regulars.ecoa import EcoaRow as EcoaRow
    from regulars.ecoa import JobState as JobState
    from regulars.ecoa import MatchLevel as MatchLevel
    from regulars.ecoa import Permission as Permission
    from regulars.errors import AuthError as AuthError
    from regulars.errors import ConfigError as ConfigError
    from regulars.errors import PlatformError as PlatformError
    from regulars.errors import PluginError as PluginError
    from regulars.errors import QuotaError as QuotaError
    from regulars.errors import RefusedError as RefusedError
    from regulars.errors import RegularsError as RegularsError
    from regulars.errors import UnknownOutcomeError as UnknownOutcomeError
    from regulars.errors import WrongAccountError as WrongAccountError
    from regulars.hookspecs import hookimpl as hookimpl
    from regulars.http import Again as Again
    from regulars.http import Fine as Fine
    from regulars.http import Http as Http
    from regulars.http import RequestPolicy as RequestPolicy
    from regulars.http import Response as Response
    from regulars.http import Verdict as Verdict
    from regulars.jsontext import json_text as json_text
    from regulars.jsontext import read_json as read_json
    from regulars.models import Customer as Customer
    from regulars.models import Lifecycle as Lifecycle
    from regulars.models import Metric as Metric
    from regulars.money import Money as Money
    from regulars.money import MoneyError as MoneyError
    from regulars.money import exponent as exponent
    from regulars.money import minor_units as minor_units
    from regulars.quota import Level as Level
    from regulars.quota import Limit as Limit
    from regulars.records import Bounce as Bounce
    from regulars.records import CodeUse as CodeUse
    from regulars.records import Columns as Columns
    from regulars.records import Company as Company
    from regulars.records import Consent as Consent
    from regulars.records import Deletion as Deletion
    from regulars.records import Fulfilment as Fulfilment
    from regulars.records import Line as Line
    from regulars.records import Membership as Membership
    from regulars.records import Merge as Merge
    from regulars.records import Order as Order
    from regulars.records import Person as Person
    from regulars.records import Product as Product
    from regulars.records import Record as Record
    from regulars.records import Refund as Refund
    from regulars.records import RefundLine as RefundLine
    from regulars.records import Signal as Signal
    from regulars.records import Touch as Touch
    from regulars.records import record as record
    from regulars.secret import Secret as Secret

__version__ = "0.1.0"

# `--help` must not pay for pydantic, httpx or duckdb, so that a name is imported when it is asked for.
_HOME = {
    "answers": "judge_by_status",
    "changes": "AddressChange Change IssueCode JoinList LeaveList Outcome SetField",
    "clock": "Clock SimulatedClock SystemClock",
    "connector": (
        "CheckReport Connector Destination Discovery Draft DraftRequest Drafts FieldSpec Finding FoundField"
        " FoundList Held Missing Page Price Rejected Role Settings Source Totals Writes by_id by_time full_compare"
    ),
    "ecoa": (
        "Ability Deliverability EcoaBatch EcoaBounce EcoaCapabilities EcoaCode EcoaCredit EcoaJob EcoaPage"
        " EcoaProvider EcoaQuote EcoaRejection EcoaResult EcoaRow JobState MatchLevel Permission"
    ),
    "errors": (
        "AuthError ConfigError PlatformError PluginError QuotaError RefusedError RegularsError"
        " UnknownOutcomeError WrongAccountError"
    ),
    "hookspecs": "hookimpl",
    "http": "Again Fine Http RequestPolicy Response Verdict",
    "jsontext": "json_text read_json",
    "models": "Customer Lifecycle Metric",
    "money": "Money MoneyError exponent minor_units",
    "quota": "Level Limit",
    "records": (
        "Bounce CodeUse Columns Company Consent Deletion Fulfilment Line Membership Merge Order Person Product"
        " Record Refund RefundLine Signal Touch record"
    ),
    "secret": "Secret",
}
_MODULE = {name: module for module, names in _HOME.items() for name in names.split()}
__all__ = sorted(_MODULE)  # noqa: PLE0605 - the list is the table above


def __getattr__(name: str) -> Any:
    if name in _MODULE:
        return getattr(import_module(f"regulars.{_MODULE[name]}"), name)
    raise AttributeError(f"module 'regulars' has no attribute {name!r}")
