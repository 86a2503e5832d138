"""Our merge fields' definitions: what is missing, and making it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from regulars import ConfigError, FieldSpec

from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.models import MergeField, Problem

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,9}")


def defined(client: MailchimpClient) -> Mapping[str, MergeField]:
    """All merge fields of the audience by tag."""
    asked = ",".join(f"merge_fields.{name}" for name in MergeField.model_fields)
    body = client.get(f"{client.list}/merge-fields", count=1000, fields=asked)
    return {row["tag"]: MergeField.model_validate(row) for row in body.get("merge_fields", [])}


def missing(client: MailchimpClient, wanted: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """The fields that are not there. Raises ConfigError for a name that Mailchimp cannot hold or a
    field that exists with another type, which Mailchimp cannot change."""
    there, lacking = defined(client), []
    for spec in wanted:
        if not _NAME.fullmatch(spec.name):
            raise ConfigError(
                "a merge tag is at most 10 of A-Z, 0-9 and _", where=f"mailchimp {spec.name}", hint="Rename it"
            )
        if spec.name not in there:
            lacking.append(spec)
        elif there[spec.name].type != spec.type:
            raise ConfigError(
                f"the merge field is {there[spec.name].type}, the mapping says {spec.type}",
                where=f"mailchimp {spec.name}",
                hint="Map to another merge field, or correct the type in the mapping",
            )
    return tuple(lacking)


def provision(client: MailchimpClient, wanted: Sequence[FieldSpec]) -> None:
    """Make the fields that are not there: hidden from sign-up forms and never required. Raises
    ConfigError with Mailchimp's words where it refuses, as when the plan has no room for more."""
    for spec in missing(client, wanted):
        body = {
            "tag": spec.name,
            "name": spec.label or spec.name,
            "type": spec.type,
            "required": False,
            "public": False,
        }
        response = client.send("POST", f"{client.list}/merge-fields", json=body)
        if response.status != 200:
            raise ConfigError(
                Problem.read(response).words,
                where=f"mailchimp {spec.name}",
                hint="Make room, then run `provision`",
            )
        made = response.json().get("tag")
        if made != spec.name:
            raise ConfigError(
                f"Mailchimp named the merge field {made}", where=f"mailchimp {spec.name}", hint="Use another name"
            )
