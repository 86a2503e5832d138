"""Which metafields customers are read with stands in their cursor: who does not change has all of them too.

A cursor without a note, as older versions wrote it, stands for a reading without any.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from regulars import Page

_KEY = "extra"


def still_true(cursor: str | None, metafields: Sequence[str]) -> str | None:
    """The cursor; None where it, or the walk or operation it holds open, was begun with other metafields."""
    held = json.loads(cursor).get(_KEY, []) if cursor else []
    return cursor if held == sorted(metafields) else None


def noted(pages: Iterable[Page], metafields: Sequence[str]) -> Iterator[Page]:
    """The pages, with cursors that say which metafields were asked for."""
    for page in pages:
        if metafields and page.cursor is not None:
            told = json.loads(page.cursor) | {_KEY: sorted(metafields)}
            yield replace(page, cursor=json.dumps(told))
        else:
            yield page
