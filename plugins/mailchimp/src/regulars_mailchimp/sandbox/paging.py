"""What all of Mailchimp's lists have in common: pages, chosen fields, links, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from regulars.testing import Asked

from regulars_mailchimp.sandbox.problems import invalid

_MOST = 1000
_DEFAULT = 10

Tree = dict[str, "Tree"]


def window(asked: Asked) -> tuple[int, int]:
    """(offset, count): 10 rows unless asked for more, 1,000 at most; more is refused, not cut."""
    count, offset = _whole(asked, "count", _DEFAULT), _whole(asked, "offset", 0)
    if count > _MOST:
        raise invalid(
            "The resource submitted could not be validated.",
            ("count", f"This value should be less than or equal to {_MOST}."),
        )
    return offset, count


def _whole(asked: Asked, name: str, default: int) -> int:
    text = asked.param(name) or str(default)
    if not text.isdigit():
        raise invalid("The resource submitted could not be validated.", (name, "This value should be an integer."))
    return int(text)


def choice(asked: Asked, name: str, among: Sequence[str], default: str = "") -> str:
    """A query parameter with an enumeration."""
    value = asked.param(name) or default
    if value and value not in among:
        raise invalid("The resource submitted could not be validated.", (name, f"Not one of {', '.join(among)}."))
    return value


def second(asked: Asked, name: str) -> str | None:
    """An instant of the query as a whole UTC second in Mailchimp's spelling, None where not asked for.

    A plus sign that was not encoded arrives as a space and is refused, as on the real platform.
    """
    text = asked.param(name)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if " " in text or instant.tzinfo is None:
            raise ValueError
    except ValueError:
        raise invalid(
            "The resource submitted could not be validated.", (name, "This value is not a valid datetime.")
        ) from None
    return stamp(instant)


def stamp(instant: datetime) -> str:
    """Mailchimp's spelling of an instant: whole seconds, `+00:00`."""
    return instant.astimezone(UTC).replace(microsecond=0).isoformat()


def links(*paths: tuple[str, str]) -> list[dict[str, str]]:
    """The `_links` that every object drags along: (rel, absolute path) pairs."""
    return [{"rel": rel, "href": href, "method": "GET"} for rel, href in paths]


def chosen(asked: Asked, body: Any) -> Any:
    """The body after `fields` (only these) or `exclude_fields` (all but these); dotted paths go through lists."""
    if only := asked.param("fields"):
        return _only(body, _tree(only))
    if without := asked.param("exclude_fields"):
        return _without(body, _tree(without))
    return body


def _tree(paths: str) -> Tree:
    root: Tree = {}
    for path in paths.split(","):
        branch = root
        for part in path.strip().split("."):
            branch = branch.setdefault(part, {})
    return root


def _only(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_only(item, tree) for item in value]
    if isinstance(value, Mapping):
        return {name: _only(value[name], branch) for name, branch in tree.items() if name in value}
    return value


def _without(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_without(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return value
    kept = {name: item for name, item in value.items() if tree.get(name) != {}}
    return {name: _without(item, tree[name]) if name in tree else item for name, item in kept.items()}
