"""Postbox as a simulated platform, written against its documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars import Clock
from regulars.testing import Answer, Asked, Sandbox, World

PAGE = 50
KEY = "postbox-key-81c2f0"
STATES = {"subscribed": "active", "unsubscribed": "left", "pending": "waiting", "complained": "spam"}


class PostboxSandbox(Sandbox):
    """Readers by id; each knows when it last changed, and the number of that change."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.readers: dict[str, dict[str, str]] = {}

    def respond(self, asked: Asked) -> Answer:
        if asked.headers.get("x-api-key") != KEY:
            return Answer.of({"error": "unknown key"}, 401)
        if asked.path == "/account":
            return Answer.of({"id": "pb-1", "name": "The Invented Shop"})
        if asked.path != "/readers":
            return Answer.of({"error": "no such thing"}, 404)
        due = [r for r in self.readers.values() if int(r["change"]) > int(asked.param("after", "0"))]
        return Answer.of(sorted(due, key=lambda r: int(r["change"]))[:PAGE])

    def populate(self, world: World) -> None:
        for person in world.people:
            if person.email and "mail" in person.on:
                facts = {
                    "id": person.key,
                    "email": person.spelling.get("mail", person.email),
                    "name": person.first_name,
                    "state": STATES.get(person.consent, person.consent),
                }
                held = self.readers.get(person.key, {})
                if facts != {name: held.get(name) for name in facts}:
                    self.readers[person.key] = {**facts, **self._change()}

    def state(self) -> Any:
        return self.readers

    def restore(self, state: Any) -> None:
        self.readers = state

    def credentials(self) -> Mapping[str, str]:
        return {"api_key": KEY}

    def _change(self) -> dict[str, str]:
        last = max((int(r["change"]) for r in self.readers.values()), default=0)
        return {"change": str(last + 1), "changed_at": self.clock.now().isoformat()}
