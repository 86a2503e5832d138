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
    """Readers by id; each knows when it last changed."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.readers: dict[str, dict[str, Any]] = {}

    def respond(self, asked: Asked) -> Answer:
        if asked.headers.get("x-api-key") != KEY:
            return Answer.of({"error": "unknown key"}, 401)
        if asked.path == "/account":
            return Answer.of({"id": "pb-1", "name": "The Invented Shop"})
        if asked.path != "/readers":
            return Answer.of({"error": "no such thing"}, 404)
        since, until, after = asked.param("since"), asked.param("until", "9"), asked.param("after")
        due = [r for r in self.readers.values() if since <= r["changed_at"] <= until and r["id"] > after]
        return Answer.of(sorted(due, key=lambda r: str(r["id"]))[:PAGE])

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
                    self.readers[person.key] = {**facts, "changed_at": self.clock.now().isoformat()}

    def state(self) -> Any:
        return self.readers

    def restore(self, state: Any) -> None:
        self.readers = state

    def credentials(self) -> Mapping[str, str]:
        return {"api_key": KEY}
