"""A process killed anywhere between us and the provider: paid once, nothing lost, nothing doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from reactivation.bench import NOW, Shop, add, config, consent_was_read, usd
from reactivation.buyer import main
from regulars import SimulatedClock
from regulars.journal import Journal
from regulars.reactivation import candidates, jobs, month
from regulars.testing import Answer, Asked, Served
from regulars.warehouse import Warehouse
from regulars_ecoa.sandbox import EcoaSandbox

TESTS = Path(__file__).parent.parent


class Killer(EcoaSandbox):
    """A provider that kills its caller once: before or after it did what was asked."""

    child: subprocess.Popen[bytes] | None = None
    at: tuple[str, str] | None = None

    def respond(self, asked: Asked) -> Answer:
        due = self.at and self.at[1] in f"{asked.method} {asked.target}"
        answer = Answer() if due and self.at and self.at[0] == "before" else super().respond(asked)
        if due and self.child is not None:
            self.at = None
            os.kill(self.child.pid, signal.SIGKILL)
        return answer


def killed(folder: Path, platform: Killer, url: str, step: str) -> int:
    """The exit code of a process of its own that does a step."""
    token = platform.credentials()["token"]
    command = [sys.executable, str(TESTS / "reactivation" / "buyer.py"), str(folder), url, token, step]
    environ = {**os.environ, "PYTHONPATH": str(TESTS)}
    platform.child = subprocess.Popen([*command, platform.clock.now().isoformat()], env=environ)
    return platform.child.wait(timeout=120)


@pytest.mark.parametrize(
    ("step", "when", "request_line"),
    [
        ("buy", "after", "POST /v1/quotes"),
        ("buy", "before", "POST /v1/jobs"),
        ("buy", "after", "POST /v1/jobs"),
        ("collect", "after", "GET /v1/jobs/"),
        ("collect", "after", "/results"),
    ],
)
def test_killed_anywhere_a_job_is_paid_once(tmp_path, clock, step, when, request_line):
    shop = Shop(Warehouse(tmp_path))
    with shop.warehouse.burst() as session:
        for name in ("ada", "bob", "cyd", "dan"):
            add(session, name)
    journal = Journal.open(tmp_path / "journal.db", clock)
    with journal.lease("test") as lease:
        consent_was_read(journal, lease)
    journal.close()
    platform = Killer(clock, seed=7)
    platform.answers = {"ada@example.test": ("ada.new@example.test", "confirmed")}
    with Served(platform) as url:
        for now in ("buy", "collect"):
            if now == step:
                platform.at = (when, request_line)
                assert killed(tmp_path, platform, url, now) == -signal.SIGKILL
                clock.sleep(60)  # asked again at once, the provider would answer 429
            token = platform.credentials()["token"]
            main(str(tmp_path), url, token, now, clock.now().isoformat())
            clock.forward(timedelta(days=20))
    journal = Journal.open(tmp_path / "journal.db", SimulatedClock(NOW))
    assert [entry["what"] for entry in platform.till if entry["minor"]] == ["purchase"]
    assert platform.charged() == usd("0.15") == month(config(), journal, NOW).spent
    assert [job.state for job in jobs(journal).values()] == ["settled"]
    found = candidates(journal)
    assert len(found) == len(list(journal.facts("ecoa_result"))) == 4
    assert [one.email for one in found if one.state == "confirmed"] == ["ada.new@example.test"]
    journal.close()
