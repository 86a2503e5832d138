"""Secrets and hosts: what a connector may never say, and whom it may never call."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from regulars.errors import RegularsError
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.shelf import Shelf
from regulars.testing.contract.suite import Suite
from regulars.testing.sandbox import Fault


class DiscretionContract(Suite):
    """Nothing but the one header or body that needs it carries a secret."""

    def test_only_declared_hosts_are_called(self, bench: Bench) -> None:
        """And only over TLS."""
        bench.online()
        _use(bench)
        hosts = bench.connector.policy(bench.settings).hosts
        strays = {
            url for url in bench.urls if urlsplit(url).netloc not in hosts or urlsplit(url).scheme != "https"
        }
        require(bool(bench.urls), "check() and reading called nobody")
        require(not strays, f"called without being declared: {sorted(strays)[:3]}")

    def test_no_secret_is_in_a_url_or_a_log_record(self, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
        """Also at DEBUG level, which is what people paste into issues."""
        with caplog.at_level(logging.DEBUG):
            _use(bench)
        shown = "\n".join([caplog.text, *bench.urls, *(asked.target for asked in bench.sandbox.log)])
        require(not any(form in shown for form in _forms(bench)), "a secret is in a URL or in a log record")

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
    def test_no_secret_is_in_an_error(self, bench: Bench, status: int, caplog: pytest.LogCaptureFixture) -> None:
        """Not even where the platform itself repeats it."""
        bench.online()
        said = " ".join(bench.secrets)
        body = f'{{"message": "{said}", "detail": "{said}", "errors": "{said}", "error": "{said}"}}'.encode()
        bench.sandbox.faults = [Fault("status", times=99, status=status, body=body)]
        with caplog.at_level(logging.DEBUG), pytest.raises(RegularsError) as told:
            bench.connector.check(bench.settings, bench.connect())
        shown = "\n".join([caplog.text, *_texts(told.value)])
        require(not any(form in shown for form in _forms(bench)), f"a secret is in the error after a {status}")


def _use(bench: Bench) -> None:
    bench.connector.check(bench.settings, bench.connect())
    if bench.connector.source is not None:
        Shelf().read(bench.source())


def _forms(bench: Bench) -> Iterator[str]:
    for value in bench.secrets:
        yield from (value, quote(value, safe=""), base64.b64encode(value.encode()).decode())


def _texts(fault: BaseException | None) -> Iterator[str]:
    """An error as it may be shown, with everything it hangs on."""
    while fault is not None:
        yield from (str(fault), repr(fault), repr(vars(fault)))
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
