"""regulars identity."""

from __future__ import annotations

import click

from regulars.cli.call import Call, pass_call, shared, table


@click.group("identity")
def group() -> None:
    """Which profiles are one person, and the doubtful ones."""


@shared
@group.command("review")
@click.argument("client_id", metavar="CLIENT")
@click.option("--limit", default=50, show_default=True)
@pass_call
def review(call: Call, client_id: str, limit: int) -> None:
    """What only a person can decide: shared inboxes, over-large clusters, equal phones."""
    from regulars.warehouse import Warehouse

    with Warehouse(call.client(client_id).data_dir).published() as session:
        rows = session.query(
            "SELECT left_key, right_key, why, detail FROM identity_review ORDER BY why, left_key LIMIT $limit",
            {"limit": limit},
        )
    data = [dict(zip(("left", "right", "why", "detail"), row, strict=True)) for row in rows]
    call.show(data, table(rows, ("one profile", "another", "why", "detail")) if rows else "nothing to review")


@shared
@group.command("join")
@click.argument("client_id", metavar="CLIENT")
@click.argument("left")
@click.argument("right")
@pass_call
def join(call: Call, client_id: str, left: str, right: str) -> None:
    """Say that two profiles are one person; it counts from the next run on."""
    _decide(call, client_id, "join", left, {"with": right}, (left, right))


@shared
@group.command("split")
@click.argument("client_id", metavar="CLIENT")
@click.argument("profile")
@pass_call
def split(call: Call, client_id: str, profile: str) -> None:
    """Say that a profile is a person of its own; it counts from the next run on."""
    _decide(call, client_id, "split", profile, {}, (profile,))


def _decide(
    call: Call, client_id: str, kind: str, subject: str, payload: dict[str, str], profiles: tuple[str, ...]
) -> None:
    from regulars.errors import ConfigError
    from regulars.run.desk import desk
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with Warehouse(client.data_dir).published() as session:
        for profile in profiles:
            if not session.query("SELECT 1 FROM profile WHERE profile_key = $key", {"key": profile}):
                raise ConfigError(
                    f"no profile {profile!r}", where=client.id, hint=f"See: regulars identity review {client.id}"
                )
    with desk(client, call.plugins, "identity") as at, at.journal.tx(at.lease) as tx:
        at.journal.add_facts(tx, kind, [(subject, payload)])
    call.say(f"noted; it counts from the next run on. Next: regulars run {client.id}")
