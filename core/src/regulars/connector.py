"""The shapes a plugin fills in. A connector is a value, a frozen dataclass of callables.

Reading: `source(settings, http, extra)` yields pages of records with the cursor that is true once
those records are stored. Writing: `destination(settings, http)` is asked what the platform holds and
given changes of the closed union. The core batches, orders, limits, retries, journals and reads
back; the plugin only speaks its platform's language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict

from regulars.changes import Change, Outcome
from regulars.ecoa import EcoaProvider
from regulars.errors import PluginError
from regulars.http import Http, RequestPolicy
from regulars.records import Record

if TYPE_CHECKING:
    from regulars.testing.sandbox import Sandbox


class Settings(BaseModel):
    """Base of a connector's settings: what a client writes under its connection. Unknown keys are
    refused; secrets are declared as `Secret`; every field has a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


# --- reading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be understood: kept aside with its reason while the rest goes on."""

    kind: str
    id: str
    reason: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Records and the cursor that is true once they are stored (None: keep the one before).

    `rows`: record kind (a key of `records.KINDS`) -> records. `complete` names kinds of which this
    page ends a full pass: all that this stream did not yield since its last `begins` page are gone.
    `begins` marks the first page of such a pass.
    """

    rows: Mapping[str, Sequence[Record]]
    cursor: str | None = None
    rejected: Sequence[Rejected] = ()
    begins: bool = False
    complete: tuple[str, ...] = ()


class Source(Protocol):
    """What a platform can be read for. It is made anew for every run and keeps nothing between runs."""

    def streams(self) -> Sequence[str]:
        """Names of the streams, in the order in which they are read."""

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """All that changed since `cursor` (None: everything), page by page.

        Raises AuthError, QuotaError, PlatformError. A page is yielded only when it is whole.
        """


def by_id(read: Callable[[str | None], tuple[Page, str | None]], cursor: str | None) -> Iterator[Page]:
    """Cursor strategy: a list ordered by an id that only grows.

    `read(after)` returns a page without cursor and the last id on it (None: nothing more). It sees
    what is new, not what was changed: for records that never change, such as events.
    """
    after = cursor
    while True:
        page, last = read(after)
        if last is None:
            yield Page(page.rows, after, page.rejected)
            return
        after = last
        yield Page(page.rows, after, page.rejected)


def by_time(
    read: Callable[[datetime | None, datetime, str | None], Iterator[tuple[Page, str]]],
    cursor: str | None,
    *,
    now: datetime,
    overlap: timedelta,
) -> Iterator[Page]:
    """Cursor strategy: changes inside a frozen window `(since - overlap, until]`, tie-broken by `resume`.

    `read(since, until, resume)` yields pages without cursor, each with a resume token that is good
    within this window (an id, an offset; None: from its beginning). `since` is None for everything.
    `now` is the end of a new window, from the clock; `overlap` covers how far the platform's clocks or
    index lag. A crash resumes inside the same window; only its end moves `since` on, so that rows
    changed meanwhile are in the next window. Deletions are not seen this way: yield Deletion records.
    """
    state: dict[str, Any] = json.loads(cursor) if cursor else {}
    since = datetime.fromisoformat(state["since"]) if state.get("since") else None
    until = datetime.fromisoformat(state["until"]) if state.get("until") else now
    resume = state.get("resume")
    start = since - overlap if since else None
    for page, token in read(start, until, resume):
        inside = {"since": state.get("since"), "until": until.isoformat(), "resume": token}
        yield Page(page.rows, json.dumps(inside), page.rejected)
    yield Page({}, json.dumps({"since": until.isoformat()}))


def full_compare(
    read: Callable[[str | None], Iterator[tuple[Page, str]]], cursor: str | None, kinds: tuple[str, ...]
) -> Iterator[Page]:
    """Cursor strategy: read everything every time; what is not seen any more is gone.

    `read(resume)` yields pages without cursor, each with a resume token (None: from the beginning).
    Interrupted passes resume; only a whole pass marks anything of `kinds` as deleted.
    """
    resume = json.loads(cursor)["resume"] if cursor else None
    first = resume is None
    for page, token in read(resume):
        yield Page(page.rows, json.dumps({"resume": token}), page.rejected, begins=first)
        first = False
    yield Page({}, json.dumps({"resume": None}), begins=first, complete=kinds)


# --- writing -----------------------------------------------------------------------------------


FieldType = Literal["text", "number", "date", "enumeration", "boolean"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of ours on a platform. `options` are the values of an enumeration."""

    name: str
    type: FieldType
    label: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What the platform holds of us on one record: our fields' values (None: empty) and our lists.

    `state` is the platform's own consent/deliverability word for the record, re-read right before a
    write; `email` the address the record has now.
    """

    fields: Mapping[str, str | None]
    lists: frozenset[str]
    email: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """What has to be made on the platform before the plan can be applied."""

    fields: tuple[FieldSpec, ...] = ()
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """What a set of changes costs in requests."""

    writes: int
    reads: int


class Destination(Protocol):
    """A platform that can be written to, in our namespace only."""

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        """The live values, through reads that see a write at once (never a lagging search).

        An id the platform does not know is absent; a look-up that failed raises, it is never absent.
        """

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:
        """What `provision` would create. Raises ConfigError where a field exists with another type."""

    def provision(self, missing: Missing) -> None:
        """Create the fields and lists; what exists already is left as it is."""

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Write changes of one kind about at most `Writes.batch` records (`bulk_batch` where there are many),
        several of one record among them; one outcome per change, in order.

        Raises UnknownOutcomeError where nobody knows what happened to the whole batch.
        """

    def price(self, changes: Sequence[Change]) -> Price:
        """Requests needed to write and read back these changes."""


@dataclass(frozen=True, slots=True)
class Writes:
    """What a destination can be given. Every field begins with `field_prefix`, every list with
    `list_prefix`: the core refuses anything else before the plugin sees it.

    `default_map` is written into a new client's file: (value of the catalogue, field, type).

    `replaces_email`: with "own_field", whether a confirmed new address may also become the record's own;
    where not, it stands in our field only, and the platform's word that it does has to do.
    `repeats_codes`: issuing a code again makes no second one but finds the first, so that a code of
    unknown outcome is issued again. From `bulk_from` records of one kind on (None: never), those after
    the canary come in batches of up to `bulk_batch` records.
    """

    field_prefix: str
    list_prefix: str
    field_types: frozenset[FieldType]
    batch: int
    address_change: Literal["own_field", "pending_member"]
    max_field_name: int = 100
    default_map: tuple[tuple[str, str, FieldType], ...] = ()
    replaces_email: bool = True
    repeats_codes: bool = False
    bulk_from: int | None = None
    bulk_batch: int = 0


# --- checking ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `check`: ok, warning or error, about what, in words."""

    level: Literal["ok", "warning", "error"]
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Who we are on the platform (`account_id`, compared with `expect_id`) and what was found.

    `currency` and `timezone` are the account's; where they differ from the client's, that is shown as
    a warning. None: the platform does not say.
    """

    account_id: str
    account_name: str
    findings: tuple[Finding, ...] = ()
    currency: str | None = None
    timezone: str | None = None


# --- reconciling ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """What a shop itself says of a span of time, asked anew, past everything that was stored of it.

    `orders` is the shop's own count of the orders placed in the span (None: it does not count). `pages` hold
    order and refund records: every order that was placed or given back in part in the span, with all its
    refunds. Further orders, kinds and cursors among them do no harm.
    """

    orders: int | None
    pages: Iterator[Page]


# --- discovering -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundField:
    """A property the account has. `type` is the platform's word, `of` the record kind it belongs to.

    `filled` is the share (0 to 1) of the looked-at records with a value, None where nobody counted.
    `ours` says whether it lies in our namespace; `note` is anything worth knowing, such as "required".
    """

    name: str
    type: str
    label: str = ""
    of: str = "person"
    filled: float | None = None
    ours: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoundList:
    """An audience, list, tag or segment the account has; `kind` is the platform's word for it."""

    name: str
    id: str
    kind: str
    members: int | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """What an account holds, for whoever maps it. `facts` are (about, text): currencies, zone, other
    writers. Fill rates come from a sample of `sampled` records."""

    lists: tuple[FoundList, ...] = ()
    fields: tuple[FoundField, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    sampled: int = 0


# --- drafts of campaigns -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """A campaign to prepare for one of our lists. `name` is ours and finds it again; `template` is the
    platform's own id or name of one that exists."""

    name: str
    list: str
    template: str
    subject: str
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A prepared campaign. `url` is where a person opens it, `ready` the platform's own verdict, and
    `findings` are its check-list. `empty`: making it broke off before its content."""

    id: str
    name: str
    url: str
    ready: bool
    findings: tuple[Finding, ...] = ()
    empty: bool = False


class Drafts(Protocol):
    """A platform on which campaigns can be prepared. Sending is a person's act, there, and never ours."""

    def find(self, name: str) -> Draft | None:
        """The draft of that name, None where there is none; a failed look-up raises."""

    def make(self, request: DraftRequest) -> Draft:
        """Prepare the campaign, once: what `find` finds is answered as it is, an empty one is finished.

        Raises ConfigError where the list or the template does not exist, UnknownOutcomeError where nobody
        knows whether it was made.
        """


# --- the connector -------------------------------------------------------------------------------


Role = Literal["shop", "crm", "mail", "ecoa"]


@dataclass(frozen=True)
class Connector:
    """A platform, as the core sees it. What is None, the platform cannot do.

    `settings` is the model of what a client writes under its connection, Secret for secrets; a checked
    instance of it is the first argument below.

    - `policy(settings)`: how the platform wants to be called.
    - `check(settings, http)`: who we are there, and what is wrong. Writes nothing.
    - `source(settings, http, extra)`: `extra` names properties of the platform that this client's
      configuration asks for; put them into `custom`.
    - `destination(settings, http)`, together with `writes`.
    - `totals(settings, http, since, until)`: what the shop itself says of a span of time (until excluded), to be
      compared with what we hold. Writes nothing.
    - `discover(settings, http)`: what the account holds. Writes nothing.
    - `drafts(settings, http)`: preparing campaigns.
    - `ecoa(settings, http)`: for the role `ecoa`.
    - `sandbox(clock, seed)`: the simulated platform, a `regulars.testing.Sandbox`.

    `role` says what the platform is to the client: `shop` (it sells), `crm` (it holds the profiles),
    `mail` (it sends) or `ecoa` (it finds new addresses). `api_version` is shown. `scopes` are what the
    access needs, each with why.

    Raises PluginError for another role.
    """

    name: str
    title: str
    role: Role
    api_version: str
    settings: type[Settings]
    policy: Callable[[Any], RequestPolicy]
    check: Callable[[Any, Http], CheckReport]
    source: Callable[[Any, Http, Sequence[str]], Source] | None = None
    destination: Callable[[Any, Http], Destination] | None = None
    writes: Writes | None = None
    discover: Callable[[Any, Http], Discovery] | None = None
    drafts: Callable[[Any, Http], Drafts] | None = None
    ecoa: Callable[[Any, Http], EcoaProvider] | None = None
    sandbox: Callable[..., Sandbox] | None = None
    scopes: Mapping[str, str] = field(default_factory=dict)
    totals: Callable[[Any, Http, datetime, datetime], Totals] | None = None

    def __post_init__(self) -> None:
        roles = get_args(Role)
        if self.role not in roles:
            raise PluginError(
                f"{self.role!r} is no role", where=f"connector {self.name}", hint=f"Use one of {', '.join(roles)}"
            )
