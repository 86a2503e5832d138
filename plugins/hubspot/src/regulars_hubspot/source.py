"""What is read from HubSpot: contacts, the recycle bin, our lists; companies, orders and e-mail events where
the account lets us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from regulars import AuthError, Http, Page, PlatformError, by_time, full_compare

from regulars_hubspot import companies, contacts, events, orders
from regulars_hubspot.client import BATCH, HubSpot
from regulars_hubspot.consents import BY_ADDRESS
from regulars_hubspot.fields import FIELD_PREFIX, LIST_PREFIX
from regulars_hubspot.lists import Lists
from regulars_hubspot.models import id_of
from regulars_hubspot.refusals import ScopeError
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.sweep import Sweep, shape_before
from regulars_hubspot.wire import object_of

LAG = timedelta(seconds=60)
"""How far behind now a window ends, because search shows a write only after some seconds (up to 40
were measured)."""
OVERLAP = timedelta(minutes=5)
LONGEST_LIST = 6_000  # characters of property names in a URL, escaped; HubSpot answers 414 at about 8,000
ARCHIVED = {"contacts": contacts.to_deletions, "companies": companies.to_deletions}
Windows = Iterator[tuple[Page, str]]


class HubSpotSource:
    """Streams, in this order: `contacts`, `archived`, `lists`, then what an account may not let us read:
    `companies`, `orders` (only where a client asks for them) and `events`.

    `extra` names further contact properties, kept in `Person.custom`.
    """

    def __init__(self, settings: HubSpotSettings, http: Http, extra: Sequence[str] = ()) -> None:
        self._client, self._clock = HubSpot(settings, http), http.clock
        self._lists = Lists(self._client.wire)
        self._settings, self._extra = settings, tuple(extra)

    def streams(self) -> Sequence[str]:
        asked_for = ("orders",) if self._settings.orders else ()
        return ("contacts", "archived", "lists", "companies", *asked_for, "events")

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        now = self._clock.now() - LAG
        match stream:
            case "contacts":
                return self._contacts(shape_before(cursor)).pages(cursor, now)
            case "archived":
                return full_compare(self._archived, cursor, ())
            case "lists":
                return full_compare(self._members, cursor, ("membership",))
            case "companies":
                return self._optional(stream, cursor, self._companies().pages(cursor, now))
            case "orders":
                return self._optional(stream, cursor, self._orders().pages(cursor, now))
            case "events":
                read = by_time(self._events, cursor, now=now, overlap=events.OVERLAP)
                return self._optional(stream, cursor, read)
            case _:
                raise ValueError(f"HubSpot has no stream {stream!r}")

    def _optional(self, stream: str, cursor: str | None, pages: Iterator[Page]) -> Iterator[Page]:
        """What the account never let us read is not read; what it let us read before is missed."""
        begun = cursor is not None
        try:
            for page in pages:
                begun = True
                yield page
        except ScopeError as fault:
            if begun:
                raise AuthError(
                    f"{stream} could be read before: {fault.what}",
                    where=fault.where,
                    hint="Grant the scope again, or connect the account anew without it",
                ) from None

    # --- contacts ---

    def _contacts(self, before: str | None) -> Sweep:
        former = before is not None and BY_ADDRESS not in before.split(",")
        # The names are asked for once a read, and only when it begins.
        names: list[str] = []

        def page(raws: Sequence[Any]) -> Page:
            return contacts.to_page(raws, names, self._extra, former)

        def listed(after: str | None) -> Windows:
            names[:] = self._names()
            return ((page(raws), token) for raws, token in self._listed("contacts", names, after))

        def changed(since: datetime, until: datetime, resume: str | None) -> Windows:
            names[:] = self._names()
            return ((page(raws), last) for raws, last in self._changed("contacts", names, since, until, resume))

        shape = ",".join((BY_ADDRESS, *sorted(self._extra)))
        return self._sweep("contacts", "person", listed, changed, shape)

    def _names(self) -> Sequence[str]:
        """Properties to read: the fixed ones, all of ours that exist, and the client's."""
        ours = sorted(name for name in self._client.properties() if name.startswith(FIELD_PREFIX))
        return tuple(dict.fromkeys((*contacts.READ, *ours, *self._extra)))

    # --- companies and orders ---

    def _companies(self) -> Sweep:
        def page(raws: Sequence[Any]) -> Page:
            return companies.to_page(raws, self._associated("companies", raws))

        def listed(after: str | None) -> Windows:
            return ((page(raws), token) for raws, token in self._listed("companies", companies.READ, after))

        def changed(since: datetime, until: datetime, resume: str | None) -> Windows:
            found = self._changed("companies", companies.READ, since, until, resume)
            return ((page(raws), last) for raws, last in found)

        return self._sweep("companies", "company", listed, changed)

    def _orders(self) -> Sweep:
        told: list[str | None] = []

        def page(raws: Sequence[Any]) -> Page:
            told[:] = told or [self._only_currency()]
            people = {key: ids[0] for key, ids in self._associated("orders", raws).items()}
            return orders.to_page(raws, people, told[0])

        def listed(after: str | None) -> Windows:
            names = orders.names(self._client.properties("orders"))
            return ((page(raws), token) for raws, token in self._listed("orders", names, after))

        def changed(since: datetime, until: datetime, resume: str | None) -> Windows:
            names = orders.names(self._client.properties("orders"))
            return ((page(raws), last) for raws, last in self._changed("orders", names, since, until, resume))

        return self._sweep("orders", "order", listed, changed)

    def _associated(self, kind: str, raws: Sequence[Any]) -> dict[str, list[str]]:
        """Ids of the contacts of each of these records."""
        ids = list(filter(None, map(id_of, raws)))
        return self._client.associated(kind, "contacts", ids) if ids else {}

    def _only_currency(self) -> str | None:
        """The portal's currency, where it has no others."""
        body = object_of(self._client.account())
        return None if body.get("additionalCurrencies") else body.get("companyCurrency")

    # --- events ---

    def _events(self, since: datetime | None, until: datetime, resume: str | None) -> Windows:
        return events.pages(self._client.wire, since, until, resume)

    # --- of any kind ---

    def _sweep(self, kind: str, record: str, listed: Any, changed: Any, shape: str = "") -> Sweep:
        every = timedelta(days=self._settings.list_every_days)
        return Sweep(record, shape, listed, changed, lambda: self._client.total(kind), every, OVERLAP)

    def _listed(self, kind: str, names: Sequence[str], resume: str | None) -> Iterator[tuple[list[Any], str]]:
        after: str | None = resume
        in_url = len(quote(",".join(names), safe="")) <= LONGEST_LIST
        while True:
            raws, following = self._client.page(kind, after, names if in_url else ())
            if not in_url:
                ids = list(filter(None, map(id_of, raws)))[:BATCH]
                odd = [raw for raw in raws if not id_of(raw)]  # to be set aside, not to be passed over
                raws = [*odd, *(self._client.read(kind, ids, names) if ids else ())]
            # The last page has no successor: resuming at its own start reads it once more, harmlessly.
            yield raws, following or after or ""
            if following is None:
                return
            after = following

    def _changed(
        self, kind: str, names: Sequence[str], since: datetime, until: datetime, resume: str | None
    ) -> Iterator[tuple[list[Any], str]]:
        last, more = resume or "0", True
        while more:
            raws, more = self._client.changed(kind, since, until, last, names)
            last = _last_id(raws, last) if raws or more else last
            yield raws, last

    def _archived(self, resume: str | None) -> Windows:
        """Recycle bins, one kind after the other; the token is `<kind>:<where its next page begins>`."""
        begun, _, at = (resume or "contacts:").partition(":")
        kinds = list(ARCHIVED)
        for kind in kinds[kinds.index(begun) :]:
            try:
                for raws, token in self._bin(kind, at if kind == begun else ""):
                    yield ARCHIVED[kind](raws), f"{kind}:{token}"
            except ScopeError:
                if kind == "contacts":
                    raise

    def _bin(self, kind: str, after: str) -> Iterator[tuple[list[Any], str]]:
        following: str | None = after
        while following is not None:
            here = following
            raws, following = self._client.page(kind, here, ("hs_merged_object_ids",), archived=True)
            yield raws, following or here

    # --- lists ---

    def _members(self, resume: str | None) -> Windows:
        """Our lists in the order of their ids; the token is `<list id>:<where its next page begins>`."""
        begun, _, after = (resume or "").partition(":")
        ours = {str(row["listId"]): str(row["name"]) for row in self._lists.find(LIST_PREFIX.split()[0])}
        for key in sorted((k for k, name in ours.items() if name.startswith(LIST_PREFIX)), key=int):
            if begun and int(key) < int(begun):
                continue
            yield from self._list(key, ours[key], after if key == begun else "")

    def _list(self, key: str, name: str, after: str) -> Windows:
        following: str | None = after
        while following is not None:
            here = following
            raws, following = self._lists.members(key, here)
            yield contacts.to_memberships(raws, name, self._clock.now()), f"{key}:{following or here}"


def _last_id(raws: Sequence[Any], before: str) -> str:
    """The id from which to read on. It must grow, or the read would never end."""
    found = id_of(raws[-1]) if raws else ""
    if not found.isdigit() or int(found) <= int(before):
        raise PlatformError(f"HubSpot's search does not go on after record {before}", hint="Try again later")
    return found
