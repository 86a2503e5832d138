"""From tables to answers, in one burst: identity, metrics, consent, standing, catalogue, segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from regulars import clv, consent, expansion, identity, lifecycle, metrics, reactivation, segments
from regulars.config import Client
from regulars.journal import Journal, Lease
from regulars.reactivation import Audience
from regulars.run import held_out, parts
from regulars.run.offering import offers, show
from regulars.run.pool import pool_of
from regulars.segments import Report, Segment
from regulars.segments.membership import Member
from regulars.sync import check_freshness, map_signals
from regulars.warehouse import Session, Warehouse

SEGMENT_FILE = "segments/common.toml"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a night found: sizes of segments, who moved, what was not known well enough, what could not be
    counted, and the recommendation rules that did harm."""

    customers: int
    moves: int
    report: Report
    not_fresh: tuple[str, ...]
    errors: tuple[str, ...] = ()
    switched_off: tuple[str, ...] = ()


def measure(
    client: Client,
    journal: Journal,
    lease: Lease,
    warehouse: Warehouse,
    as_of: date,
    until: datetime | None = None,
) -> Measured:
    """Compute everything as of a client's day, remember the moves, publish the snapshot.

    `until` is the end of a past day, for copies that nobody plans from (see `consent.build`).
    Killed anywhere, it can be called again: the tables are made anew and only moves that the journal
    does not have yet are appended.
    """
    with warehouse.burst() as session:
        refitted = _before_segments(session, client, journal, as_of, until)
        parts.begin("segments")
        fresh, complaints = _fresh(session, client, journal)
        where = reactivation.EcoaDesk(client.config, journal, warehouse.burst)
        report, audiences = _segments(session, client, where, as_of, fresh)
        moves = {kind: lifecycle.moves(session, kind, as_of) for kind in lifecycle.KINDS}
        redrawn = lifecycle.line_facts(session)
        used = segments_in_use(client)
        alone = _present_names(session, segments.before(journal, held_out.KIND))
        held = held_out.held_out(session, client.config, used, report, alone, as_of)
        offered = offers(session, used, report, held, as_of)
        show(session, offered, as_of)
        harmful = tuple(row[0] for row in session.query("SELECT rule_id FROM rule_off ORDER BY rule_id"))
        people = session.query("SELECT count(*) FROM customer")[0][0]
        errors = tuple(found.text(client.file) for found in metrics.unrated(session))
    parts.begin("history")
    with journal.tx(lease) as tx:
        for kind, facts in moves.items():
            journal.add_facts(tx, kind, facts)
        journal.add_facts(tx, lifecycle.LINE, redrawn)
        journal.add_facts(tx, expansion.OFFER, offered)
        journal.add_facts(tx, held_out.KIND, held.facts(as_of))
        journal.add_facts(tx, clv.KIND, [("shop", refitted.payload())] if refitted else [])
        segments.remember(journal, tx, report, as_of)
    for found in audiences:
        reactivation.assign(journal, lease, found)
    parts.begin("publish")
    warehouse.publish()
    return Measured(people, sum(len(facts) for facts in moves.values()), report, complaints, errors, harmful)


def _before_segments(
    session: Session, client: Client, journal: Journal, as_of: date, until: datetime | None
) -> clv.Fitted | None:
    """All tables but segments; the model of predictions where one was fitted tonight."""
    config = client.config
    parts.begin("identity")
    map_signals(session, config.signal)
    decisions = sorted((*journal.facts("join"), *journal.facts("split")), key=lambda fact: fact.seq)
    identity.build(session, identity.IdentitySettings.of(config.identity, journal.key), decisions)
    settings = metrics.metric_settings(config)
    parts.begin("metrics")
    metrics.update(session, settings, as_of)
    parts.begin("clv")
    model = clv.recorded(journal.facts(clv.KIND), as_of)
    refitted = clv.build(session, clv.clv_settings(config), as_of, model, pool_of(client))
    parts.begin("expansion")
    past = expansion.Past.of(journal.facts)
    expansion.build(session, expansion.expansion_settings(config), as_of, past)
    parts.begin("consent")
    consent.build(session, journal, config.consent.legal_basis, until)
    metrics.build_reach(session)
    parts.begin("lifecycle")
    recorded = lifecycle.Recorded.of_journal(journal)
    now = client.clock.now()
    lifecycle.build(session, lifecycle.lifecycle_settings(config), as_of, recorded, now)
    parts.begin("catalogue")
    metrics.build_catalogue(session, settings, as_of)
    return refitted


def _fresh(session: Session, client: Client, journal: Journal) -> tuple[frozenset[str], tuple[str, ...]]:
    """Which needs of segments are met tonight, and complaints about the others."""
    config = client.config.clock
    orders = check_freshness(session, client.clock.now(), config.order_source_max_age)
    known = consent.freshness(journal, config.consent_max_age)
    met = {"orders.fresh": not orders, "consent.fresh": known.fresh}
    complaints = [found.text for found in orders] + ([known.stale] if known.stale else [])
    return frozenset(name for name, is_met in met.items() if is_met), tuple(complaints)


def segments_in_use(client: Client) -> list[Segment]:
    """The segments a client switched on. Raises ConfigError for one that nobody defines."""
    common = client.root / SEGMENT_FILE
    texts = [common.read_text(encoding="utf-8")] if common.exists() else []
    return segments.in_use(client.config.segments.use, *texts)


def _segments(
    session: Session, client: Client, where: reactivation.EcoaDesk, as_of: date, fresh: frozenset[str]
) -> tuple[Report, list[Audience]]:
    config, used = client.config, segments_in_use(client)
    previous = _present_names(session, segments.before(where.journal))
    report = segments.build(
        session,
        used,
        today=as_of,
        draw=segments.Draw(config.holdout.salt, client.id, config.holdout.share),
        fresh=fresh,
        previous=previous,
    )
    audiences = [reactivation.audience(where, session, s) for s in used if reactivation.is_reactivation(s)]
    for found in audiences:
        reactivation.confine(session, found)
    return _recounted(session, report, previous), [a for a in audiences if a.segment not in report.kept]


def _recounted(session: Session, report: Report, previous: set[Member]) -> Report:
    """The report after the audiences were confined to those who may be written to."""
    now = {(segment, customer) for segment, customer in session.query("SELECT * FROM segment_member")}
    counted = Counter(segment for segment, _ in now)
    return replace(
        report,
        sizes={name: counted[name] for name in report.sizes},
        joined=sorted(now - previous),
        left=sorted(previous - now),
    )


def _present_names(session: Session, members: Iterable[Member]) -> set[Member]:
    """Members under the ids their customers have today: a customer that was joined to an older one
    goes on under the older one's id."""
    now = dict(session.query("SELECT profile_key, customer_id FROM known_as WHERE profile_key <> customer_id"))
    return {(segment, now.get(customer, customer)) for segment, customer in members}
