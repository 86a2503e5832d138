"""regulars draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared

if TYPE_CHECKING:
    from regulars.connector import Draft

_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}


@shared
@click.command("draft")
@click.argument("target", metavar="CLIENT.CONNECTION")
@click.argument("name")
@click.option("--list", "list_", required=True, metavar="LIST", help="One of our lists on the platform.")
@click.option("--template", required=True, help="A template there, by its id or name.")
@click.option("--subject", required=True, help="Subject line.")
@click.option("--preview", default="", help="Preview text.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_call
def command(
    call: Call, target: str, name: str, *, list_: str, template: str, subject: str, preview: str, yes: bool
) -> None:
    """Prepare the campaign NAME from a template for one of our lists. It is never sent from here.

    What is there under that name already is shown and left as it is, but for one that broke off before its
    content: that is finished.
    """
    from regulars.changes import JoinList
    from regulars.cli.call import connection_of
    from regulars.connector import DraftRequest
    from regulars.consent import firewall
    from regulars.errors import RefusedError

    request = DraftRequest(name, list_, template, subject, preview)
    with connection_of(call, target) as connection:
        connection.client.require_live()
        firewall.check(JoinList("-", list_), connection.connector.writes, connection.where)
        drafts = connection.drafts()
        draft = drafts.find(name)
        made = draft is None or draft.empty
        if draft is None or draft.empty:
            for line in _wanted(request, connection.connector.title, connection.check().account_name):
                call.say(line)
            if not yes and not call.agree("Prepare it?"):
                raise RefusedError(
                    "nobody said yes", where=connection.where, hint="Nothing was made; --yes says it"
                )
            draft = drafts.make(request)
    call.show(_data(draft, made), _lines(draft, made))
    call.say(f"It is not sent. Next: look at it and send it yourself, there: {draft.url}")


def _wanted(request: Any, platform: str, account: str) -> list[str]:
    return [
        f"{platform} {account!r}: a campaign will be prepared, not sent",
        f"  name      {request.name}",
        f"  list      {request.list}",
        f"  template  {request.template}",
        f"  subject   {request.subject}",
        *([f"  preview   {request.preview}"] if request.preview else []),
    ]


def _data(draft: Draft, made: bool) -> dict[str, Any]:
    return {
        "id": draft.id,
        "name": draft.name,
        "url": draft.url,
        "ready": draft.ready,
        "made": made,
        "findings": [{"level": f.level, "about": f.about, "text": f.text} for f in draft.findings],
    }


def _lines(draft: Draft, made: bool) -> list[str]:
    state = "ready to be sent by a person" if draft.ready else "not ready yet"
    wide = max((len(f.about) for f in draft.findings), default=0) + 2
    checks = [f"  {_MARKS[f.level]} {f.about:<{wide}}{f.text}" for f in draft.findings]
    return [f"draft {draft.id}  {draft.name!r}  {'made' if made else 'was there already'}, {state}", *checks]
