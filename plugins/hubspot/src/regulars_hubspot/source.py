"""What is read from HubSpot: contacts, the recycle bin, and who is in our lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from regulars import Http, Page, PlatformError, by_time, full_compare

from regulars_hubspot.client import BATCH, HubSpot
from regulars_hubspot.lists import Lists
from regulars_hubspot.models import FIELD_PREFIX, LIST_PREFIX, READ, to_deletions, to_memberships, to_page
from regulars_hubspot.settings import HubSpotSettings

LAG = timedelta(seconds=60)
"""How far behind now a window ends, because search shows a write only after some seconds (up to 40
were measured)."""
OVERLAP = timedelta(minutes=5)
LONGEST_LIST = 6_000  # characters of property names in a URL; HubSpot answers 414 at about 8,000


class HubSpotSource:
    """Streams `contacts` (changes only, once all were read), `archived` and `lists` (always in full).

    `extra` names further contact properties, kept in `Person.custom`.
    """

    def __init__(self, settings: HubSpotSettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._clock = HubSpot(settings, http), http.clock
        self._lists = Lists(self._client.wire)
        self._extra = tuple(extra)

    def streams(self) -> Sequence[str]:
        return ("contacts", "archived", "lists")

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        match stream:
            case "contacts":
                return by_time(self._contacts, cursor, now=self._clock.now() - LAG, overlap=OVERLAP)
            case "archived":
                return full_compare(self._archived, cursor, ())
            case "lists":
                return full_compare(self._members, cursor, ("membership",))
            case _:
                raise ValueError(f"HubSpot has no stream {stream!r}")

    def _contacts(self, since: datetime | None, until: datetime, resume: str | None) -> Iterator[tuple[Page, str]]:
        names = self._names()
        return self._all(names, resume) if since is None else self._changed(names, since, until, resume)

    def _all(self, names: Sequence[str], resume: str | None) -> Iterator[tuple[Page, str]]:
        after: str | None = resume
        in_url = len(",".join(names)) <= LONGEST_LIST
        while True:
            raws, following = self._client.page("contacts", after, names if in_url else ())
            if not in_url and raws:
                raws = self._client.read("contacts", [str(raw["id"]) for raw in raws][:BATCH], names)
            # The last page has no successor: resuming at its own start reads it once more, harmlessly.
            yield to_page(raws, self._extra), following or after or ""
            if following is None:
                return
            after = following

    def _changed(
        self, names: Sequence[str], since: datetime, until: datetime, resume: str | None
    ) -> Iterator[tuple[Page, str]]:
        last, more = resume or "0", True
        while more:
            raws, more = self._client.changed("contacts", since, until, last, names)
            last = _last_id(raws, last) if raws or more else last
            yield to_page(raws, self._extra), last

    def _archived(self, resume: str | None) -> Iterator[tuple[Page, str]]:
        after: str | None = resume
        while True:
            raws, following = self._client.page("contacts", after, (), archived=True)
            yield to_deletions(raws), following or after or ""
            if following is None:
                return
            after = following

    def _members(self, resume: str | None) -> Iterator[tuple[Page, str]]:
        """Our lists in the order of their ids; the token is `<list id>:<where its next page begins>`."""
        begun, _, after = (resume or "").partition(":")
        ours = {str(row["listId"]): str(row["name"]) for row in self._lists.find(LIST_PREFIX.split()[0])}
        for key in sorted((k for k, name in ours.items() if name.startswith(LIST_PREFIX)), key=int):
            if begun and int(key) < int(begun):
                continue
            yield from self._list(key, ours[key], after if key == begun else "")

    def _list(self, key: str, name: str, after: str) -> Iterator[tuple[Page, str]]:
        following: str | None = after
        while following is not None:
            here = following
            raws, following = self._lists.members(key, here)
            try:
                page = to_memberships(raws, name, self._clock.now())
            except ValidationError as fault:
                raise PlatformError(f"HubSpot answered nonsense for the members of list {key}") from fault
            yield page, f"{key}:{following or here}"

    def _names(self) -> Sequence[str]:
        """Properties to read: the fixed ones, all of ours that exist, and the client's."""
        ours = sorted(name for name in self._client.properties() if name.startswith(FIELD_PREFIX))
        return tuple(dict.fromkeys((*READ, *ours, *self._extra)))


def _last_id(raws: Sequence[Any], before: str) -> str:
    """The id from which to read on. It must grow, or the read would never end."""
    found = str(raws[-1].get("id", "")) if raws and isinstance(raws[-1], dict) else ""
    if not found.isdigit() or int(found) <= int(before):
        raise PlatformError(f"HubSpot's search does not go on after contact {before}", hint="Try again later")
    return found
