"""Who else writes to the shop's customers: metafield namespaces and tags that are not ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from regulars import Finding

from regulars_shopify.client import ShopifyClient
from regulars_shopify.namespace import LIST_PREFIX, NAMESPACE

_SHOWN = 8


@dataclass(frozen=True)
class Sample:
    """The latest customers: how many, their tags, and their metafields by full name."""

    people: int
    tags: Counter[str]
    fields: Counter[str]

    @classmethod
    def of(cls, client: ShopifyClient) -> Sample:
        """Ask the shop."""
        people = client.sample()
        tags = Counter(tag for one in people for tag in one["tags"])
        names = ((field["namespace"], field["key"]) for one in people for field in one["metafields"]["nodes"])
        return cls(len(people), tags, Counter(f"{namespace}.{key}" for namespace, key in names))


def is_ours(tag: str) -> bool:
    """Whether a tag is a list of ours."""
    return tag.casefold().startswith(LIST_PREFIX)


def other_writers(client: ShopifyClient) -> Iterator[Finding]:
    """What others keep on the customers; we leave it alone."""
    sample = Sample.of(client)
    spaces = Counter(full.partition(".")[0] for full in sample.fields.elements())
    others = [name for name, _ in spaces.most_common(_SHOWN) if name != NAMESPACE]
    tags = [tag for tag, _ in sample.tags.most_common() if not is_ours(tag)][:_SHOWN]
    if others or tags:
        told = [f"metafields of {', '.join(others)}"] if others else []
        told += [f"tags {', '.join(tags)}"] if tags else []
        yield Finding(
            "ok", "other writers", f"{'; '.join(told)} on the latest {sample.people} customers: left alone"
        )
