from __future__ import annotations

from collections.abc import Iterator

import pytest
from mailchimp.tea_house import START, Api, landed, world_of
from regulars import Http, Secret, SimulatedClock
from regulars.secret import Redactor
from regulars.sync import Landing
from regulars.testing import Served, WorldPerson
from regulars_mailchimp.client import policy
from regulars_mailchimp.sandbox import MailchimpSandbox
from regulars_mailchimp.settings import MailchimpSettings


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START)


@pytest.fixture
def box(clock) -> MailchimpSandbox:
    return MailchimpSandbox(clock, seed=7)


@pytest.fixture
def api(box) -> Api:
    return Api(box)


@pytest.fixture
def landing(tmp_path, clock) -> Iterator[Landing]:
    with landed(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def people() -> list[WorldPerson]:
    return [
        WorldPerson("ada", "ada@tea.example.test", "Ada", "Ames", "DE", properties={"LOYALTY": "gold"}),
        WorldPerson("bob", "bob@tea.example.test", "Bob", "Burr", consent="unsubscribed"),
        WorldPerson("cyd", "cyd@tea.example.test", "Cyd", "Coe", bounced="hard"),
        WorldPerson("dee", "dee@tea.example.test", "Dee", "Dunn", consent="pending", tags=("vip",)),
        WorldPerson("eve", "eve@tea.example.test", "Eve", on=("shop",)),
        WorldPerson("fay", None, "Fay"),
    ]


@pytest.fixture
def filled(box, people) -> MailchimpSandbox:
    box.populate(world_of(*people))
    box.clock.sleep(60)
    return box


@pytest.fixture
def url(box) -> Iterator[str]:
    with Served(box) as base:
        yield base


@pytest.fixture
def settings(box) -> MailchimpSettings:
    given = box.credentials()
    return MailchimpSettings(key=Secret("mailchimp_key", given["key"]), audience=given["audience"])


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.fixture
def http(settings, clock, redactor, url) -> Iterator[Http]:
    client = Http(policy(settings), clock=clock, redactor=redactor, base_url=url)
    yield client
    client.close()
