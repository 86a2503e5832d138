"""What a plugin may import is a list, and it changes on purpose only."""

from __future__ import annotations

import subprocess
import sys

import pytest
import regulars

NAMES = """
AddressChange Again AuthError Bounce Change CheckReport Clock CodeUse Columns Company ConfigError Connector Consent
Customer Deletion Destination Discovery Draft DraftRequest Drafts
Ability Deliverability EcoaBatch EcoaBounce EcoaCapabilities EcoaCode EcoaCredit EcoaJob EcoaPage
EcoaProvider EcoaQuote EcoaRejection EcoaResult EcoaRow JobState MatchLevel Permission FieldSpec
Finding Fine FoundField FoundList Fulfilment Held Http IssueCode
JoinList LeaveList Level Lifecycle Limit Line Membership Merge
Metric Missing Money MoneyError Order Outcome Page Person PlatformError PluginError Price Product QuotaError
Record Refund RefundLine RefusedError RegularsError Rejected RequestPolicy Response Role Secret SetField Settings
Signal SimulatedClock Source SystemClock Totals Touch UnknownOutcomeError Verdict Writes WrongAccountError by_id
by_time exponent full_compare hookimpl json_text judge_by_status minor_units read_json record
""".split()  # noqa: SIM905 - a list to read


def test_the_public_names_are_these():
    assert sorted(regulars.__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_can_be_had(name):
    assert getattr(regulars, name) is not None


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Frobnicator'"):
        _ = regulars.Frobnicator


def test_importing_the_package_imports_nothing_heavy():
    heavy = {"httpx", "pydantic", "duckdb", "pyarrow"}
    code = f"import sys, regulars; print(*{{m.split('.')[0] for m in sys.modules}} & {heavy})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""
