"""Files become settings; everything that can be wrong with one is one clear line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars import ConfigError, Money, RefusedError
from regulars.config import Workspace, open_workspace
from regulars.config.durations import parse_duration
from regulars.config.load import KEPT_ON, STRICTER, merge


def test_an_empty_client_has_the_built_in_defaults(acme):
    config = acme().config
    assert config.status == "onboarding"
    assert config.lifecycle.lapsed == timedelta(days=180)
    assert config.guards.max_write_records == 250_000
    assert config.ecoa.enabled is False
    assert config.write.replace_email is False


def test_the_client_wins_over_the_agency_and_the_agency_over_the_defaults(workspace, acme):
    agency = workspace.root / "regulars.toml"
    more = '\n[defaults.lifecycle]\nat_risk = "70d"\nlapsed = "12w"\n[defaults.segments]\nuse = ["champions"]\n'
    agency.write_text(agency.read_text() + more)
    config = acme('\n[lifecycle]\nlapsed = "95d"\n[segments]\nuse = ["winback_due"]\n').config
    assert config.lifecycle.at_risk == timedelta(days=70)
    assert config.lifecycle.lapsed == timedelta(days=95)
    assert config.lifecycle.act_before == timedelta(days=180)
    assert config.segments.use == ["winback_due"]


def test_a_whole_client_is_read(acme):
    config = acme(
        """
auto_apply = true
[connections.crm]
plugin = "hubspot"
expect_id = 4417823
role = "both"
token = "secret:key"
[money]
rates = [{ currency = "CAD", from = 2026-01-01, rate = 0.62 }]
[consent]
legal_basis = [{ source = "crm", country = "GB", basis = "soft opt-in", by = "Tom", on = 2026-02-01 }]
[ecoa]
enabled = true
connection = "crm"
unit_cost = "0.15 USD"
max_per_run = { records = 500, cost = "75 USD" }
max_per_month = { records = 1500, cost = "225.00 USD" }
[[map]]
to = "crm"
from = "clv_12m"
field = "regulars_clv_12m"
type = "number"
write_if_changed_by = "5%"
[[signal]]
from = "crm:custom.loyalty"
kind = "loyalty_member"
when = "yes"
"""
    ).config
    crm = config.connections["crm"]
    assert (crm.plugin, crm.expect_id, crm.settings) == ("hubspot", "4417823", {"token": "secret:key"})
    assert (crm.reads, crm.writes) == (True, True)
    assert config.money.rates[0].rate == Decimal("0.62")
    assert config.money.rates[0].from_ == date(2026, 1, 1)
    assert config.consent.legal_basis[0].source == "crm"
    assert config.ecoa.max_per_run.cost == Money.parse("75", "USD")
    assert (config.map[0].from_, config.map[0].write_if_changed_by) == ("clv_12m", "5%")
    assert config.custom_properties("crm") == ["loyalty"]
    assert config.custom_properties("shop") == []


BAD = [
    ("[guards]\nmax_chnge = 3", "unknown key 'guards.max_chnge'. Did you mean 'max_change_pct_per_field'?"),
    ("statuss = 'live'", "unknown key 'statuss'. Did you mean 'status'?"),
    ("[lifecycel]\nlapsed = '3d'", "unknown key 'lifecycel'. Did you mean 'lifecycle'?"),
    (
        "[[map]]\nto = 'x'\nform = 'stage'\nfrom = 'a'\nfield = 'b'",
        "unknown key 'map.0.form'. Did you mean 'from'?",
    ),
    ("[write]\ncanary = '50'", "'write.canary': expected a valid integer"),
    ("[write]\ncanary = 0", "'write.canary': expected greater than or equal to 1"),
    ("[write]\nclear_on_null = 'no'", "'write.clear_on_null': expected a valid boolean"),
    ("[lifecycle]\nlapsed = 180", '\'lifecycle.lapsed\': expected a duration such as "26h", "180d" or "12w"'),
    ("[lifecycle]\nlapsed = '6 months'", "'lifecycle.lapsed': expected a duration"),
    ("[lifecycle]\nlapsed = '0d'", "'lifecycle.lapsed': expected a duration"),
    (
        "[retention]\nperiods = ['fortnight']",
        "'retention.periods.0': expected 'week', 'month', 'quarter' or 'year'",
    ),
    ("[money]\nrefund_date = 'never'", "'money.refund_date': expected 'order' or 'refund'"),
    (
        "[money]\nrates = [{ currency = 'CAD', from = 2026-01-01, rate = 'x' }]",
        "'money.rates.0.rate': expected a num",
    ),
    (
        "[money]\nrates = [{ currency = 'XXX', from = 2026-01-01, rate = 1 }]",
        "'money.rates.0.currency': expected an",
    ),
    ("[holdout]\nshare = 1.5", "'holdout.share': expected less than 1"),
    ("[ecoa]\nunit_cost = 0.15", "'ecoa.unit_cost': expected an amount with its currency such as"),
    ("[connections.crm]\nexpect_id = '1'", "'connections.crm.plugin' is missing"),
    ("[connections.'my crm']\nplugin = 'hubspot'", "expected a short name of lower-case letters"),
    (
        "[connections.crm]\nplugin = 'hubspot'\nrole = 'reader'",
        "'connections.crm.role': expected 'source', 'target'",
    ),
    ("[connections.crm]\nplugin = 'x'\n[[map]]\nto = 'cmr'\nfrom = 'stage'\nfield = 'a'", "Did you mean 'crm'?"),
    ("[ecoa]\nconnection = 'provider'", "'ecoa.connection' names no connection: 'provider'"),
    (
        "[[signal]]\nfrom = 'crm.tag'\nkind = 'loyal'",
        "'signal.0.from': expected \"<connection>:custom.<property>\"",
    ),
    (
        "[connections.e]\nplugin = 'x'\n[ecoa]\nenabled = true\nconnection = 'e'",
        "enabled without 'ecoa.unit_cost'",
    ),
    ("x = [", "not valid TOML: Invalid value (at end of document)"),
    ("status = 'live'", "not valid TOML: Cannot overwrite a value (at line "),
]


@pytest.mark.parametrize(("lines", "complaint"), BAD)
def test_a_wrong_file_is_one_line_with_file_key_and_reason(acme, lines, complaint):
    with pytest.raises(ConfigError) as caught:
        acme(f"{lines}\n")
    line = str(caught.value)
    assert line.startswith("clients/acme.toml: ")
    assert complaint in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"Europe/London"', '"Europe/Londn"', "'timezone': expected a time zone"),
        ('"GBP"', '"POUND"', "'currency': expected an ISO 4217 currency"),
        ('"GB"', '"UK2"', "'country': expected a two-letter country code"),
        ('"onboarding"', '"alive"', "'status': expected 'onboarding', 'live' or 'paused'"),
        ('"acme"', '"acne"', "id is 'acne'. It must be the file's name"),
        ('"acme"', '"../acme"', "'id': expected lower-case letters"),
        ("= 1", "= 2", "schema is 2. Write schema = 1"),
    ],
)
def test_a_wrong_value_at_the_top_is_told(workspace, acme, old, new, complaint):
    file = workspace.root / "clients" / "acme.toml"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(ConfigError, match=complaint.replace("(", r"\(")):
        acme()


def test_more_than_one_complaint_is_counted(acme):
    with pytest.raises(ConfigError, match=r"\(1 more in this file\)"):
        acme("[write]\ncanary = 'a'\nplan_ttl = 'b'\n")


@pytest.mark.parametrize("key", sorted(STRICTER))
def test_a_client_may_be_stricter_than_the_agency_but_not_looser(workspace, key):
    name, file = key.removeprefix("guards."), workspace.root / "clients" / "acme.toml"
    start, floor = file.read_text(), getattr(workspace.agency.defaults.guards, name)
    file.write_text(f"{start}[guards]\n{name} = {int(floor + STRICTER[key])}\n")
    assert workspace.client("acme").config.guards != workspace.agency.defaults.guards
    file.write_text(f"{start}[guards]\n{name} = {int(floor - STRICTER[key])}\n")
    with pytest.raises(ConfigError, match="looser than the agency's"):
        workspace.client("acme")


def test_only_the_agency_can_switch_off_the_comparison_of_yesterday(workspace):
    file, agency = workspace.root / "clients" / "acme.toml", workspace.root / "regulars.toml"
    file.write_text(file.read_text() + "\n[guards]\nreconcile_yesterday = false\n")
    with pytest.raises(ConfigError, match="reconcile_yesterday = false is looser than the agency's"):
        workspace.client("acme")
    text = agency.read_text()
    agency.write_text(text.replace("reconcile_yesterday      = true", "reconcile_yesterday = false"))
    assert not open_workspace(workspace.root).client("acme").config.guards.reconcile_yesterday


def test_a_client_may_ask_for_four_eyes_and_not_dispense_with_them(workspace):
    agency, file = workspace.root / "regulars.toml", workspace.root / "clients" / "acme.toml"
    start = file.read_text()
    file.write_text(f"{start}[ecoa]\nfour_eyes = true\n")
    assert workspace.client("acme").config.ecoa.four_eyes
    agency.write_text(agency.read_text() + "\n[defaults.ecoa]\nfour_eyes = true\n")
    file.write_text(f"{start}[ecoa]\nfour_eyes = false\n")
    with pytest.raises(ConfigError, match="looser than the agency's"):
        open_workspace(workspace.root).client("acme")


def test_every_guard_has_a_direction(workspace):
    guards = {f"guards.{name}" for name in type(workspace.agency.defaults.guards).model_fields}
    assert guards == {*STRICTER, *KEPT_ON} - {"ecoa.four_eyes"}


SECRETS = [
    "pat-na1-" + "0a1b2c3d-0000-4000-8000-00000000beef",
    "shpat_" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "shpss_" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "0a1b2c3d4e5f60718293a4b5c6d7e8f9" + "-us19",
    "Zm9vYmFyYmF6cXV4" * 3 + "9Q==",
]


@pytest.mark.parametrize("value", SECRETS)
@pytest.mark.parametrize("line", ["token = '{}'", "# the old one was {}", "name = 'x {} y'"])
def test_what_looks_like_a_secret_is_refused_and_not_repeated(acme, value, line):
    with pytest.raises(ConfigError) as caught:
        acme(f"[connections.crm]\nplugin = 'hubspot'\n{line.format(value)}\n")
    assert "clients/acme.toml, line 11: this looks like a secret" in str(caught.value)
    assert value[:12] not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "gid://shopify/Shop/60817711",
        "ec96764770",
        "a1f0c7d2e94b0c3311aa0f9de",
        "sandboxes/acme/a-rather-long-name-of-a-file-that-somebody-chose.json",
        "secret:acme-hubspot-key",
        "regulars_a_rather_long_name_of_a_field_that_somebody_chose",
    ],
)
def test_ids_paths_and_references_are_no_secrets(acme, value):
    assert acme(f"[connections.crm]\nplugin = 'hubspot'\nexpect_id = '{value}'\n")


def test_a_secret_in_the_agencys_file_is_refused_too(workspace):
    file = workspace.root / "regulars.toml"
    file.write_text(file.read_text() + f"# {SECRETS[0]}\n")
    with pytest.raises(ConfigError, match=r"regulars\.toml, line \d+: this looks like a secret"):
        Workspace(workspace.root)


def test_an_unknown_client_is_told_with_the_nearest(workspace):
    with pytest.raises(ConfigError, match=r"no client named 'acmee'\. Did you mean 'acme'"):
        workspace.client("acmee")


def test_where_no_client_is_there_the_next_step_is_to_add_one(workspace):
    for file in (workspace.root / "clients").glob("*.toml"):
        file.unlink()
    with pytest.raises(ConfigError, match=r"no client named 'acme'\. None is there yet: regulars client add ID"):
        workspace.client("acme")


def test_a_path_is_no_client(workspace):
    with pytest.raises(ConfigError, match="no client named"):
        workspace.client("../clients/acme")


def test_one_wrong_file_does_not_stop_the_other_clients(workspace):
    (workspace.root / "clients" / "acme.toml").write_text("nonsense")
    assert workspace.client_ids() == ["acme", "borough"]
    assert workspace.client("borough").config.name == "Borough"


def test_a_folder_without_a_workspace_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is no workspace"):
        open_workspace(tmp_path)


def test_only_a_live_client_may_be_written_to(workspace, acme):
    with pytest.raises(RefusedError, match="status is onboarding"):
        acme().require_live()
    file = workspace.root / "clients" / "acme.toml"
    file.write_text(file.read_text().replace('"onboarding"', '"live"'))
    acme().require_live()


def test_a_workspace_may_have_a_simulated_clock(workspace):
    file = workspace.root / "regulars.toml"
    file.write_text(file.read_text() + '\n[clock]\nsimulated = "clock.txt"\n')
    with pytest.raises(ConfigError, match=r"'clock\.simulated': clock\.txt holds no instant"):
        _ = Workspace(workspace.root).clock
    (workspace.root / "clock.txt").write_text("2026-03-01T08:00:00+00:00")
    made = Workspace(workspace.root)
    assert made.client("acme").clock.now().isoformat() == "2026-03-01T08:00:00+00:00"


@given(st.integers(1, 999_999), st.sampled_from(["h", "d", "w"]))
def test_a_duration_is_its_number_of_units(number, unit):
    assert (
        parse_duration(f"{number}{unit}")
        == number * {"h": timedelta(hours=1), "d": timedelta(1), "w": timedelta(7)}[unit]
    )


@given(st.text(max_size=8).filter(lambda text: not text.rstrip("hdw").isdecimal()))
def test_other_texts_are_no_durations(text):
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(text)


def test_tables_merge_by_key_and_arrays_replace():
    below = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert merge(below, {"a": {"y": [3]}, "c": 2}) == {"a": {"x": 1, "y": [3]}, "b": 1, "c": 2}
    assert below == {"a": {"x": 1, "y": [1, 2]}, "b": 1}
