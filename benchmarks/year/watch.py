"""Did we touch anything that is not ours? Every request is read, and all that is foreign is compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from regulars.testing import Asked

from benchmarks.year.truth import FIELDS, LISTS, Truth

_READS = ("GET", "HEAD")
_PEOPLE = r"/crm/(?:v3/objects|objects/2026-09)/\w+"
_SCHEMA = r"/crm/(?:v3/properties|properties/2026-09)/\w+"
_LISTED = r"/crm/(?:v3/lists|lists/2026-09)"
Judge = Callable[[Any, str], str]
"""What is wrong with a body (its path beside it), "" for nothing."""


def _fine(_: Any, __: str) -> str:
    return ""


def _our_fields(body: Any, _: str) -> str:
    names = {name for one in body["inputs"] for name in one["properties"]}
    return _foreign(names, FIELDS["crm"])


def _our_property(body: Any, path: str) -> str:
    return _foreign({body.get("name") or path.rpartition("/")[2]}, FIELDS["crm"])


def _our_list(body: Any, _: str) -> str:
    wrong = body["processingType"] != "MANUAL"
    return f"a {body['processingType']} list" if wrong else _foreign({body["name"]}, LISTS["crm"])


def _our_values(body: Any, _: str) -> str:
    if more := set(body) - {"merge_fields"}:
        return f"says {', '.join(sorted(more))}"
    return _foreign(body["merge_fields"], FIELDS["mail"])


def _our_tags(body: Any, _: str) -> str:
    return _foreign({tag["name"] for tag in body["tags"]}, LISTS["mail"])


def _our_merge_field(body: Any, _: str) -> str:
    return _foreign({body["tag"]}, FIELDS["mail"])


_MUTATIONS = {"metafieldsSet", "metafieldsDelete", "metafieldDefinitionCreate", "tagsAdd", "tagsRemove"}


def _question(body: Any, _: str) -> str:
    """GraphQL: any query; of the mutations those that write metafields and tags of ours."""
    text = re.sub(r"#.*", "", body["query"])
    if "mutation" not in text:
        return ""
    asked = set(re.findall(r"(\w+)\s*\(", text.partition("{")[2]))
    if unknown := asked - _MUTATIONS:
        return f"asks for {', '.join(sorted(unknown))}"
    said = body["variables"]
    spaces = {one["namespace"] for one in (*said.get("metafields", ()), *filter(None, [said.get("definition")]))}
    if spaces - {"regulars"}:
        return f"names the namespace {', '.join(sorted(spaces))}"
    return _foreign(said.get("tags", ()), LISTS["shop"])


ALLOWED: Mapping[str, Sequence[tuple[str, str, Judge]]] = {
    "crm": (
        ("POST", rf"{_PEOPLE}/(?:search|batch/read)", _fine),
        ("POST", r"/crm/(?:v4/)?associations/.*/batch/read", _fine),
        ("POST", rf"{_LISTED}/(?:search|.*/memberships/batch/read|records/.*)", _fine),
        ("POST", rf"{_PEOPLE}/batch/update", _our_fields),
        ("POST", rf"{_SCHEMA}/groups", lambda body, _: _foreign({body["name"]}, "regulars")),
        ("POST", _SCHEMA, _our_property),
        ("PATCH", rf"{_SCHEMA}/\w+", _our_property),
        ("POST", _LISTED, _our_list),
        ("PUT", rf"{_LISTED}/\w+/memberships/(?:add|remove)", _fine),  # whose list it is shows in what changed
        ("POST", r"/oauth/[\w-]+/token", _fine),
    ),
    "mail": (
        ("PATCH", r"/3.0/lists/\w+/members/\w+", _our_values),
        ("POST", r"/3.0/lists/\w+/members/\w+/tags", _our_tags),
        ("POST", r"/3.0/lists/\w+/merge-fields", _our_merge_field),
    ),
    "shop": (
        ("POST", r"/admin/api/[\d-]+/graphql.json", _question),
        ("POST", r"/admin/oauth/access_token", _fine),
    ),
}
"""By platform: what may be asked beside plain reads, and what its body may say. All else is forbidden."""


def requests(role: str, log: Sequence[Asked], calls: Counter[str]) -> Iterator[str]:
    """Requests that must never be sent. `calls` counts them all."""
    calls[role] += len(log)
    for asked in log:
        if asked.method in _READS:
            continue
        if why := _wrong(role, asked):
            yield f"{role}: {asked.method} {asked.path} {why}"


def foreign(role: str, before: Truth, now: Truth) -> Iterator[str]:
    """What is not ours and is not as it was."""
    for name in sorted(before.foreign.keys() | now.foreign.keys()):
        was, is_now = before.foreign.get(name), now.foreign.get(name)
        if was != is_now:
            yield f"{role} {name}: we made {was!r} into {is_now!r}"
    if now.mailable - before.mailable:
        yield f"{role}: we subscribed {sorted(now.mailable - before.mailable)}"


def _wrong(role: str, asked: Asked) -> str:
    for method, path, judge in ALLOWED[role]:
        if method == asked.method and re.fullmatch(path, asked.path):
            try:
                return judge(json.loads(asked.body) if asked.body[:1] in b"{[" else asked.body, asked.path)
            except (KeyError, TypeError, ValueError) as fault:
                return f"has a body that nobody understands ({type(fault).__name__}: {fault})"
    return "is forbidden"


def _foreign(names: Any, prefix: str) -> str:
    wrong = sorted(name for name in names if not str(name).startswith(prefix))
    return f"names {', '.join(wrong)}" if wrong else ""
