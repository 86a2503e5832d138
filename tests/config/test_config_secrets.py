"""Secrets by reference: found in two places, one client's only, never printed."""

from __future__ import annotations

import logging
import os

import pytest
from core.tiny import TinySettings, connector
from regulars import ConfigError, Secret
from regulars.config import Workspace, connection_settings, questions, secret_fields, settings_of
from regulars.config.edit import add_client

VALUE = "kettle-and-leaves-4f2a"
CRM = "[connections.crm]\nplugin = 'tiny'\n"


def test_the_environment_comes_before_the_file(acme):
    client = acme(environ={"REGULARS_SECRET_ACME_CRM_TOKEN": "from-the-environment"})
    client.secrets.store("crm-token", VALUE)
    assert client.secret("secret:crm-token").reveal() == "from-the-environment"


def test_a_file_is_read_without_its_last_line_end(acme):
    client = acme()
    file = client.secrets.store("crm-token", VALUE)
    assert file.read_text() == f"{VALUE}\n"
    assert client.secret("secret:crm-token").reveal() == VALUE


def test_a_stored_secret_is_its_owners_alone(acme):
    file = acme().secrets.store("crm-token", VALUE)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_a_file_that_others_can_read_is_told_about(acme, caplog):
    client = acme()
    client.secrets.store("crm-token", VALUE).chmod(0o644)
    with caplog.at_level(logging.WARNING, logger="regulars.config"):
        client.secret("secret:crm-token")
    assert "secrets/acme/crm-token can be read by others" in caplog.text
    assert VALUE not in caplog.text


def test_a_missing_secret_names_both_places(acme):
    with pytest.raises(ConfigError) as caught:
        acme().secret("secret:crm-token")
    assert "REGULARS_SECRET_ACME_CRM_TOKEN" in str(caught.value)
    assert "secrets/acme/crm-token" in str(caught.value)


@pytest.mark.parametrize("reference", ["crm-token", "secret:", "secret:../borough/key", "secret:a/b", VALUE])
def test_what_is_no_reference_is_refused_without_being_repeated(acme, reference):
    with pytest.raises(ConfigError, match="not a reference to a secret") as caught:
        acme().secret(reference)
    assert VALUE not in str(caught.value)


def test_a_client_cannot_reach_another_clients_secret(workspace):
    workspace.client("borough").secrets.store("key", VALUE)
    with pytest.raises(ConfigError, match="is missing"):
        workspace.client("acme").secret("secret:key")


def test_two_clients_whose_variables_coincide_do_not_share_a_secret(workspace):
    add_client(workspace, "acme-uk", name="Acme UK", timezone="Europe/London", currency="GBP", country="GB")
    both = Workspace(workspace.root, {"REGULARS_SECRET_ACME_UK_TOKEN": VALUE})
    assert both.client("acme-uk").secret("secret:token").reveal() == VALUE
    with pytest.raises(ConfigError, match="is missing"):
        both.client("acme").secret("secret:uk-token")


def test_a_resolved_secret_is_known_to_the_clients_redactor_alone(workspace):
    acme, borough = workspace.client("acme"), workspace.client("borough")
    borough.secrets.store("key", VALUE)
    borough.secret("secret:key")
    assert borough.redactor.clean(f"got {VALUE}") == "got [secret]"
    assert acme.redactor.clean(f"got {VALUE}") == f"got {VALUE}"


def test_settings_are_the_connectors_model_with_its_secrets_resolved(acme):
    client = acme(CRM + "token = 'secret:t'\nshelf = 'right'\nsizes = [1, 2]\n", {"REGULARS_SECRET_ACME_T": VALUE})
    settings = connection_settings(client, "crm", connector())
    assert settings.token.reveal() == VALUE
    assert (settings.shelf, settings.sizes, settings.spare) == ("right", (1, 2), None)
    assert VALUE not in repr(settings)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("token = 'secret:t'\nshelve = 'x'", "unknown key 'connections.crm.shelve'. Did you mean 'shelf'?"),
        ("token = 'secret:t'\nshelf = 3", "'connections.crm.shelf': expected a valid string"),
        ("token = 'secret:t'\nsizes = ['x']", "'connections.crm.sizes.0': expected a valid integer"),
        ("shelf = 'right'", "'connections.crm.token' is missing"),
        (
            f"token = '{VALUE}'",
            "'connections.crm.token': a secret stands here in plain text. Write \"secret:NAME\"",
        ),
        ("token = 5", "'connections.crm.token': a secret stands here in plain text"),
        ("token = 'secret:t'\nspare = 'secret:a b'", "'connections.crm.spare': not a reference to a secret"),
        ("token = 'secret:t'\nshelf = 'secret:t'", "'connections.crm.shelf': this setting is not a secret"),
    ],
)
def test_a_wrong_setting_is_one_line_with_file_and_key(acme, lines, complaint):
    client = acme(f"{CRM}{lines}\n", {"REGULARS_SECRET_ACME_T": VALUE})
    with pytest.raises(ConfigError) as caught:
        connection_settings(client, "crm", connector())
    assert str(caught.value).startswith("clients/acme.toml: ")
    assert complaint in str(caught.value)
    assert VALUE not in str(caught.value)


def test_a_file_can_be_judged_where_its_secrets_are_not(acme):
    client = acme(CRM + "token = 'secret:t'\n")
    assert connection_settings(client, "crm", connector(), resolve=False)
    with pytest.raises(ConfigError, match="is missing"):
        connection_settings(client, "crm", connector())


def test_an_unknown_connection_is_told_with_the_nearest(acme):
    with pytest.raises(ConfigError, match=r"no connection named 'cmr'\. Did you mean 'crm'"):
        connection_settings(acme(CRM), "cmr", connector())


def test_secrets_are_found_also_where_they_may_be_left_away():
    assert secret_fields(TinySettings) == {"token", "spare"}
    asked = {question.name: (question.secret, question.required) for question in questions(TinySettings)}
    assert asked == {
        "token": (True, True),
        "spare": (True, False),
        "shelf": (False, False),
        "sizes": (False, False),
    }


def test_answers_become_values_and_secrets_do_not():
    answers = {"token": Secret("token", VALUE), "sizes": "4, 5", "shelf": "right"}
    assert settings_of(TinySettings, answers) == {"sizes": [4, 5], "shelf": "right"}
    with pytest.raises(ConfigError, match=r"'sizes\.0': expected a valid integer"):
        settings_of(TinySettings, {**answers, "sizes": "wide"})


def test_a_renewed_secret_is_on_the_disk_before_it_is_used(acme):
    client = acme()
    client.secrets.store("crm-token", VALUE)
    held = client.secret("secret:crm-token")
    held.replace("renewed-leaves-77ab")
    assert held.reveal() == "renewed-leaves-77ab"
    assert client.secret("secret:crm-token").reveal() == "renewed-leaves-77ab"
    assert client.secrets.file("crm-token").stat().st_mode & 0o777 == 0o600
    assert client.redactor.clean("renewed-leaves-77ab") == "[secret]"


def test_a_secret_from_the_environment_cannot_be_renewed_and_stays(acme):
    client = acme(environ={"REGULARS_SECRET_ACME_CRM_TOKEN": VALUE})
    held = client.secret("secret:crm-token")
    with pytest.raises(ConfigError, match="unset the variable") as caught:
        held.replace("renewed-leaves-77ab")
    assert held.reveal() == VALUE
    assert VALUE not in str(caught.value)
    assert "renewed-leaves" not in str(caught.value)
    assert not client.secrets.file("crm-token").exists()


def test_what_another_process_renewed_is_read_again(acme):
    client = acme()
    client.secrets.store("crm-token", VALUE)
    held = client.secret("secret:crm-token")
    assert not held.reload()
    client.secrets.store("crm-token", "renewed-leaves-77ab")
    assert held.reload()
    assert held.reveal() == "renewed-leaves-77ab"


def test_a_passing_secret_is_renewed_in_memory_alone():
    held = Secret("token", VALUE)
    held.replace("renewed-leaves-77ab")
    assert held.reveal() == "renewed-leaves-77ab"
    assert not held.reload()
