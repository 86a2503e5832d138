"""Looking for dead cycles seldom while a stream is read.

Records that wait to be stored are many small objects without cycles. The interpreter would look through all
of them again and again, and through everything the program ever imported: a third of the work of a read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

SELDOM = 200_000
"""New objects between two looks, where a connector leaves cycles: more than a batch of records makes."""

# Asking the interpreter whether objects were put aside counts them all, which takes as long as a look.
_aside = Event()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within, what was there before is not looked through, and what is new seldom.

    Where the program has its own way (collecting is off, or it put objects aside), it is kept.
    """
    if _aside.is_set() or not gc.isenabled() or gc.get_freeze_count():
        yield
        return
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], SELDOM), *before[1:])
    gc.freeze()
    _aside.set()
    try:
        yield
    finally:
        _aside.clear()
        gc.unfreeze()
        gc.set_threshold(*before)
