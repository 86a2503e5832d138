"""A connection is opened once, and somebody else's account is neither read nor written."""

from __future__ import annotations

import json

import pytest
from core.tiny import TOKEN, TinySandbox, TinySource, connector
from regulars import ConfigError, PlatformError, PluginError, WrongAccountError
from regulars.config import Workspace
from regulars.config.edit import add_client, set_expect_id
from regulars.connections import Connections, Quotas, config_problems, make_sandbox, open_connection
from regulars.plugins import Plugins
from regulars.testing import Served

SHOP = "[connections.shop]\nplugin = 'tiny'\nsandbox = 'tiny.json'\n"


@pytest.fixture
def client(tmp_path):
    """Reads the client after adding lines to its file; its sandbox is there and empty."""
    workspace = Workspace.create(tmp_path / "agency", "Harbour", "Europe/London")
    add_client(workspace, "acme", name="Acme", timezone="Europe/London", currency="GBP", country=None)
    make_sandbox(workspace.client("acme"), connector(), "tiny.json")

    def read(lines):
        file = workspace.root / "clients" / "acme.toml"
        file.write_text(file.read_text() + lines)
        return workspace.client("acme")

    return read


def tiny(**changes):
    return Plugins({"tiny": connector(**changes)})


def test_the_account_that_is_expected_may_be_read(client):
    with open_connection(client(SHOP + "expect_id = 'T-1'\n"), "shop", tiny()) as shop:
        assert shop.source().extra == ()
        assert shop.findings()[0].text == "T-1 'Tiny Ltd' = expect_id"


def test_properties_that_signals_need_are_read_too(client):
    lines = SHOP + "expect_id = 'T-1'\n[[signal]]\nfrom = 'shop:custom.loyal'\nkind = 'loyalty_member'\n"
    with open_connection(client(lines), "shop", tiny()) as shop:
        assert shop.source().extra == ("loyal",)
        assert shop.source(("other",)).extra == ("other",)


def test_what_a_plugin_yields_is_handed_on_page_by_page(client):
    with open_connection(client(SHOP + "expect_id = 'T-1'\n"), "shop", tiny()) as shop:
        assert list(shop.source().pages("things", None)) == ["things 1", "things 2"]


def test_a_bug_in_the_middle_of_reading_is_the_plugins(client):
    plugins = tiny(source=lambda settings, http, extra: TinySource(extra, KeyError(TOKEN)))
    with open_connection(client(SHOP + "expect_id = 'T-1'\n"), "shop", plugins) as shop:
        pages = shop.source().pages("things", None)
        assert next(pages) == "things 1"
        with pytest.raises(PluginError, match=r"acme\.shop: plugin tiny: KeyError: '\[secret\]'"):
            next(pages)


def test_an_error_of_ours_names_the_connection(client):
    fault = PlatformError("nothing came", where="GET /things")
    plugins = tiny(source=lambda settings, http, extra: TinySource(extra, fault))
    said = pytest.raises(PlatformError, match=r"^acme\.shop: GET /things: nothing came\. Nothing half-read")
    with open_connection(client(SHOP + "expect_id = 'T-1'\n"), "shop", plugins) as shop, said:
        list(shop.source().pages("things", None))


def test_somebody_elses_account_is_not_read(client):
    made = []
    plugins = tiny(source=lambda *given: made.append(given))
    with open_connection(client(SHOP + "expect_id = 'T-2'\n"), "shop", plugins) as shop:
        with pytest.raises(WrongAccountError, match=r"acme\.shop: T-1 \(Tiny Ltd\) answers, expected T-2"):
            shop.source()
        assert shop.findings()[0].level == "error"
    assert made == []


def test_somebody_elses_account_is_not_written(client):
    made = []
    plugins = tiny(destination=lambda *given: made.append(given))
    lines = SHOP + "expect_id = 'T-2'\nrole = 'both'\n"
    with open_connection(client(lines), "shop", plugins) as shop, pytest.raises(WrongAccountError):
        shop.destination()
    assert made == []


def test_an_account_that_nobody_expects_is_not_read(client):
    with open_connection(client(SHOP), "shop", tiny()) as shop:
        with pytest.raises(ConfigError, match=r"regulars check acme\.shop --accept"):
            shop.source()
        set_expect_id(shop.client, "shop", "T-1")
        assert shop.source()


@pytest.mark.parametrize(("role", "ability"), [("target", "source"), ("source", "destination")])
def test_a_role_is_kept(client, role, ability):
    plugins = tiny(destination=lambda *_: "destination")
    acme, refused = client(f"{SHOP}expect_id = 'T-1'\nrole = '{role}'\n"), f"role '{role}': not to be"
    with open_connection(acme, "shop", plugins) as shop, pytest.raises(ConfigError, match=refused):
        getattr(shop, ability)()


def test_what_a_platform_cannot_do_is_told(client):
    with open_connection(client(SHOP + "expect_id = 'T-1'\nrole = 'both'\n"), "shop", tiny()) as shop:
        with pytest.raises(ConfigError, match=r"acme\.shop: Tiny cannot be written to"):
            shop.destination()
        with pytest.raises(ConfigError, match="Tiny cannot be asked for new addresses"):
            shop.ecoa()


def test_one_run_opens_a_connection_once_and_asks_once_who_it_is(client):
    asked = []

    def check(settings, http):
        asked.append(http)
        return connector().check(settings, http)

    with Connections(client(SHOP + "expect_id = 'T-1'\n"), tiny(check=check)) as connections:
        first = connections.get("shop")
        first.source()
        first.source()
        assert connections.get("shop") is first
    assert len(asked) == 1


def test_a_sandbox_keeps_what_was_written(client):
    acme = client(SHOP)
    with open_connection(acme, "shop", tiny()) as shop:
        shop.http.request("POST", "/things", headers={"authorization": shop.settings.token})
    assert json.loads((acme.root / "tiny.json").read_text())["state"]["things"] == 1


def test_a_sandbox_that_was_only_read_is_not_stored_over_anothers_work(client):
    acme = client(SHOP)
    file = acme.root / "tiny.json"
    with open_connection(acme, "shop", tiny()) as shop:
        shop.check()
        file.write_text('{"account": "T-1", "things": 7}')
    assert json.loads(file.read_text())["things"] == 7


def test_a_sandboxs_own_token_is_known_to_the_redactor(client):
    acme = client(SHOP)
    with open_connection(acme, "shop", tiny()):
        assert acme.redactor.clean(TOKEN) == "[secret]"


def test_a_sandbox_may_be_served_by_somebody_else(client, clock):
    sandbox = TinySandbox(clock)
    with Served(sandbox) as url:
        acme = client(f"[connections.shop]\nplugin = 'tiny'\nsandbox = '{url}'\ntoken = 'secret:shop-token'\n")
        acme.secrets.file("shop-token").write_text(TOKEN)
        acme.secrets.file("shop-token").chmod(0o600)
        with open_connection(acme, "shop", tiny()) as shop:
            assert shop.check().account_id == "T-1"
    assert len(sandbox.log) == 1


def test_a_missing_state_file_is_told(client):
    acme = client(SHOP.replace("tiny.json", "nowhere.json"))
    with pytest.raises(ConfigError, match=r"nowhere\.json holds no state"), open_connection(acme, "shop", tiny()):
        pass


def test_a_plugin_that_fails_is_a_broken_contract_without_the_secret(client):
    def check(settings, http):
        raise KeyError(settings.token.reveal())

    acme, broken = client(SHOP), pytest.raises(PluginError, match="plugin tiny: KeyError")
    with open_connection(acme, "shop", tiny(check=check)) as shop, broken as caught:
        shop.check()
    assert TOKEN not in str(caught.value)


def test_a_check_that_answers_nonsense_is_a_broken_contract(client):
    acme, broken = client(SHOP), pytest.raises(PluginError, match="check returned str, not a CheckReport")
    with open_connection(acme, "shop", tiny(check=lambda *_: "fine")) as shop, broken:
        shop.check()


def test_connections_to_one_account_share_a_budget(client):
    lines = SHOP + "expect_id = 'T-1'\n" + SHOP.replace("shop", "again") + "expect_id = 'T-1'\n"
    lines += SHOP.replace("shop", "other") + "expect_id = 'T-2'\n"
    acme, quotas = client(lines), Quotas()
    with Connections(acme, tiny(), quotas) as one, Connections(acme, tiny(), quotas) as two:
        assert one.get("shop").http.quota is two.get("again").http.quota
        assert one.get("shop").http.quota is not two.get("other").http.quota


def test_all_files_are_judged_and_each_complaint_is_kept(client):
    acme = client("[connections.shop]\nplugin = 'tiny'\ntoken = 'secret:t'\n[connections.mail]\nplugin = 'tyni'\n")
    (acme.root / "segments" / "common.toml").write_text("schema = 1\nx = [")
    workspace = Workspace(acme.root)
    found = [str(fault) for fault in config_problems(workspace, tiny(), secrets=False)]
    assert [line.split(".")[0] for line in found] == ["segments/common", "no plugin named 'tyni'"]
    found = [str(fault) for fault in config_problems(workspace, tiny(), secrets=True)]
    assert "acme: secret 't' is missing" in found[1]
