"""A process of its own that buys or collects, so that it can be killed: `buyer.py FOLDER URL TOKEN STEP NOW`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from reactivation.bench import config
from regulars import Http, Secret, SimulatedClock
from regulars.journal import Journal
from regulars.reactivation import EcoaDesk, advance, jobs, quote, submit
from regulars.secret import Redactor
from regulars.warehouse import Warehouse
from regulars_ecoa.client import policy
from regulars_ecoa.provider import EcoaHttp
from regulars_ecoa.settings import EcoaSettings


def main(folder: str, url: str, token: str, step: str, now: str) -> None:
    clock = SimulatedClock(datetime.fromisoformat(now))
    journal = Journal.open(Path(folder) / "journal.db", clock)
    desk = EcoaDesk(config(), journal, Warehouse(Path(folder)).burst)
    settings = EcoaSettings(endpoint="https://ecoa.sandbox.test", token=Secret("ecoa.token", token))
    http = Http(policy(settings), clock=clock, redactor=Redactor(), base_url=url)
    provider = EcoaHttp(settings, http)
    with journal.lease("buyer") as lease:
        if step == "collect":
            advance(desk, lease, provider)
        else:
            held = list(jobs(journal).values())
            job = held[-1] if held else quote(desk, lease, provider)[0]
            submit(desk, lease, provider, job.quote_ref, "renee")
    http.close()
    journal.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
