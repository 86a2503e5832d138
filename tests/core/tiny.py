"""The smallest platform there can be: an account that says who it is, and things to count up."""

from __future__ import annotations

from pydantic import Field
from regulars import Again, AuthError, CheckReport, Connector, Finding, Fine, RequestPolicy, Secret, Settings
from regulars.testing import Answer, Sandbox

TOKEN = "tiny-token-7f31"


class TinySettings(Settings):
    token: Secret = Field(description="The token")
    spare: Secret | None = Field(default=None, description="Another token, where there is one")
    shelf: str = Field(default="left", description="Which shelf")
    sizes: tuple[int, ...] = Field(default=(), description="Sizes")


class TinySandbox(Sandbox):
    def __init__(self, clock, seed=0):
        super().__init__(clock, seed)
        self.account, self.things = "T-1", 0

    def respond(self, asked):
        if asked.headers.get("authorization") != TOKEN:
            return Answer.of({"error": f"bad token {asked.headers.get('authorization')}"}, 401)
        if asked.method == "POST":
            self.things += 1
        return Answer.of({"id": self.account, "things": self.things})

    def populate(self, world):
        self.things = len(world.people)

    def state(self):
        return {"account": self.account, "things": self.things}

    def restore(self, state):
        self.account, self.things = state["account"], state["things"]

    def credentials(self):
        return {"token": TOKEN}


class TinySource:
    """Two things, and then a bug where `flaw` says so."""

    def __init__(self, extra, flaw=None):
        self.extra, self.flaw = tuple(extra), flaw

    def streams(self):
        return ("things",)

    def pages(self, stream, cursor):
        yield f"{stream} 1"
        if self.flaw:
            raise self.flaw
        yield f"{stream} 2"


def judge(response):
    match response.status:
        case 401:
            return AuthError(f"tiny refused: {response.body.decode()}")
        case 429:
            return Again("too many requests", after=7.0, nothing_happened=True)
        case status if status >= 500:
            return Again(f"answered {status}")
        case _:
            return Fine()


def policy(settings=None, **changes):
    values = {
        "platform": "tiny",
        "base_url": "https://tiny.test",
        "hosts": frozenset({"tiny.test"}),
        "judge": judge,
    }
    return RequestPolicy(**(values | changes))


def check(settings, http):
    me = http.request("GET", "/me", headers={"authorization": settings.token}).json()
    findings = [Finding("error", "things", "there are none")] if me["things"] == 0 else []
    return CheckReport(me["id"], "Tiny Ltd", tuple(findings), currency="GBP")


def connector(**changes):
    values = {
        "name": "tiny",
        "title": "Tiny",
        "role": "shop",
        "api_version": "1",
        "settings": TinySettings,
        "policy": policy,
        "check": check,
        "sandbox": TinySandbox,
        "source": lambda settings, http, extra: TinySource(extra),
    }
    return Connector(**(values | changes))
