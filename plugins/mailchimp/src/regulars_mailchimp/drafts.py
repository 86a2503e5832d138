"""Preparing campaigns. Sending one is a person's act in Mailchimp; nothing here can.

Facts used: a tag's id is a saved segment's id; the same campaign asked for twice is two campaigns, so that it is
looked for before and after; a campaign is found by its title.
"""

from __future__ import annotations

from typing import Any

from regulars import ConfigError, Draft, DraftRequest, Finding, Http, PlatformError, UnknownOutcomeError

from regulars_mailchimp import labels
from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.models import Problem
from regulars_mailchimp.outcomes import told
from regulars_mailchimp.settings import MailchimpSettings

_ASKED = ("id", "web_id", "status", "settings.title", "recipients.list_id", "content_type")


class MailchimpDrafts:
    """Drafts for one audience."""

    def __init__(self, settings: MailchimpSettings, http: Http) -> None:
        self._client, self._settings = MailchimpClient(settings, http), settings

    def find(self, name: str) -> Draft | None:
        row = self._row(name)
        return None if row is None else self._draft(row, name)

    def make(self, request: DraftRequest) -> Draft:
        row = self._row(request.name)
        if row is None:
            segment = self._segment(request.list)
            template = self._template(request.template)
            row = self._create(request, segment)
            self._fill(row, template)
        elif not self._content(row):  # an earlier attempt broke off between the two
            self._fill(row, self._template(request.template))
        return self._draft(row, request.name)

    def _row(self, name: str) -> dict[str, Any] | None:
        """The newest campaign with this title, sent ones too: what was sent is not prepared again."""
        asked = ",".join(["total_items", *(f"campaigns.{one}" for one in _ASKED)])
        found: dict[str, Any] | None = None
        rows: list[dict[str, Any]] = [{}] * PAGE
        offset = 0
        while len(rows) == PAGE:
            rows = self._client.get(
                "campaigns",
                list_id=self._settings.audience,
                sort_field="create_time",
                sort_dir="ASC",
                count=PAGE,
                offset=offset,
                fields=asked,
            ).get("campaigns", [])
            offset += PAGE
            for row in rows:
                if (row.get("settings") or {}).get("title") == name:
                    found = row
        return found

    def _segment(self, name: str) -> int:
        segment = labels.segment_of(self._client, name)
        if segment is None:
            raise ConfigError("there is no such tag yet", where=f"mailchimp tag {name}", hint="Apply a plan first")
        return segment

    def _template(self, wanted: str) -> int:
        """A template's id by its id or name."""
        asked = "templates.id,templates.name"
        rows = self._client.get("templates", type="user", count=PAGE, fields=asked).get("templates") or ()
        for row in rows:
            if wanted in (str(row.get("id")), row.get("name")):
                return int(row["id"])
        known = ", ".join(str(row.get("name")) for row in rows) or "none"
        raise ConfigError(
            f"there is no template {wanted!r}", where="mailchimp template", hint=f"There are: {known}"
        )

    def _create(self, request: DraftRequest, segment: int) -> dict[str, Any]:
        sender = self._sender()
        body = {
            "type": "regular",
            "recipients": {
                "list_id": self._settings.audience,
                "segment_opts": {"saved_segment_id": segment},
            },
            "settings": {
                "title": request.name,
                "subject_line": request.subject,
                "preview_text": request.preview,
                **sender,
            },
        }
        try:
            response = self._client.send("POST", "campaigns", json=body)
            if response.status != 200:
                raise PlatformError(
                    Problem.read(response).words,
                    where="mailchimp campaign",
                    hint="Nothing was made; mend it first",
                )
            return told(response)
        except UnknownOutcomeError:
            if (row := self._row(request.name)) is not None:
                return row
            raise

    def _sender(self) -> dict[str, str]:
        defaults = self._client.get(self._client.list, fields="campaign_defaults").get("campaign_defaults") or {}
        return {
            "from_name": self._settings.from_name or str(defaults.get("from_name") or ""),
            "reply_to": self._settings.reply_to or str(defaults.get("from_email") or ""),
        }

    def _fill(self, row: dict[str, Any], template: int) -> None:
        body = {"template": {"id": template}}
        response = self._client.send("PUT", f"campaigns/{row['id']}/content", json=body)
        if response.status != 200:
            raise PlatformError(
                Problem.read(response).words,
                where=f"mailchimp campaign {row['id']}",
                hint="The campaign is there without content; try again",
            )

    def _content(self, row: dict[str, Any]) -> bool:
        return bool(self._client.get(f"campaigns/{row['id']}/content", fields="html").get("html"))

    def _draft(self, row: dict[str, Any], name: str) -> Draft:
        checks = self._client.get(f"campaigns/{row['id']}/send-checklist", fields="is_ready,items")
        gone = row.get("status") not in ("save", None)
        said = [Finding("warning", "status", f"not a draft any more: {row.get('status')}")] if gone else []
        ready = bool(checks.get("is_ready")) and not gone
        return Draft(
            id=str(row["id"]),
            name=name,
            url=f"https://{self._client.data_centre}.admin.mailchimp.com/campaigns/edit?id={row.get('web_id')}",
            ready=ready,
            findings=(*said, *(_finding(item) for item in checks.get("items") or ())),
            empty=not ready and not gone and not self._content(row),
        )


def _finding(item: dict[str, Any]) -> Finding:
    level: Any = {"error": "error", "warning": "warning"}.get(str(item.get("type")), "ok")
    return Finding(level, str(item.get("heading") or "campaign"), str(item.get("details") or ""))
