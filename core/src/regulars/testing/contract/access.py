"""Settings, hosts, and who we are."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from regulars.errors import AuthError
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.suite import Suite

_SECRETIVE = re.compile(r"token|secret|password|api_?key", re.IGNORECASE)


class AccessContract(Suite):
    """A connector declares its settings and hosts, and says who it is."""

    def test_an_unknown_setting_is_refused(self, bench: Bench) -> None:
        """A typo in a client's file must not pass in silence."""
        with pytest.raises(ValidationError):
            bench.settings_of({**bench.sandbox.credentials(), "no_such_setting": "1"})

    def test_every_setting_is_described(self, bench: Bench) -> None:
        """The description is what a person reads in the manual and in the error."""
        bare = [name for name, x in bench.connector.settings.model_fields.items() if not x.description]
        require(not bare, f"settings without a description: {', '.join(bare)}")

    def test_secrets_are_declared_as_secret(self, bench: Bench) -> None:
        """Only what is a Secret is resolved from the store and kept out of every text."""
        names = [name for name in bench.connector.settings.model_fields if _SECRETIVE.search(name)]
        plain = set(names) - set(bench.secret_names())
        require(not plain, f"these settings sound secret and are not of type Secret: {', '.join(sorted(plain))}")
        bench.online()
        require(bool(bench.secrets), "the sandbox's credentials() give no secret setting")

    def test_only_https_hosts_are_declared(self, bench: Bench) -> None:
        """The base URL's host is among the hosts, and spoken to over TLS."""
        bench.online()
        policy = bench.connector.policy(bench.settings)
        base = urlsplit(policy.base_url)
        require(base.scheme == "https", f"the base URL {policy.base_url} is not https")
        require(base.netloc in policy.hosts, f"the base URL's host {base.netloc} is not among the declared hosts")

    def test_check_says_who_we_are(self, bench: Bench) -> None:
        """The account id is what `expect_id` is compared with: it never changes."""
        first = bench.connector.check(bench.settings, bench.connect())
        second = bench.connector.check(bench.settings, bench.connect())
        require(bool(first.account_id), "check() gives no account id")
        require(first.account_id == second.account_id, "check() gives another account id the second time")
        wrong = [finding.text for finding in first.findings if finding.level == "error"]
        require(not wrong, f"check() finds errors with the sandbox's own credentials: {'; '.join(wrong)}")

    def test_check_refuses_wrong_credentials(self, bench: Bench) -> None:
        """A token that is not valid (any more) is an AuthError, never an empty answer."""
        bench.online()
        given = {
            name: _another(value) if name in bench.secret_names() else value
            for name, value in bench.sandbox.credentials().items()
        }
        settings = bench.settings_of(given)
        with pytest.raises(AuthError):
            bench.connector.check(settings, bench.connect(settings))


def _another(secret: str) -> str:
    """A secret of the same form: only its middle differs, so that no check of the form catches it."""
    middle = len(secret) // 2
    return secret[:middle] + ("0" if secret[middle] != "0" else "1") + secret[middle + 1 :]
