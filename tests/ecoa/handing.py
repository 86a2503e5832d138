"""A process of its own that hands over one batch and dies at the so-and-so-manieth touch of a file:
`handing.py SETTINGS STEP NUMBER`."""

from __future__ import annotations

import json
import os
import signal
import sys

from regulars import EcoaBatch, EcoaRow
from regulars_ecoa.file_provider import EcoaFile
from regulars_ecoa.file_settings import EcoaFileSettings

ROWS = [EcoaRow(f"k-{name}", f"{name}@example.test") for name in ("ada", "bob", "cyd", "dan")]


def main(given: str, step: str, number: int) -> None:
    settings = EcoaFileSettings.model_validate(json.loads(given))
    provider, batch, touched = EcoaFile(settings), EcoaBatch(ROWS, ["0" * 64]), 0
    folders = tuple(str(path) for path in (settings.outbox, settings.inbox, settings.archive))

    def watch(event: str, args: tuple[object, ...]) -> None:
        nonlocal touched
        path = str(args[0]) if args else ""
        if event in ("open", "os.rename", "os.remove") and path.startswith(folders):
            touched += 1
            if touched == number:
                os.kill(os.getpid(), signal.SIGKILL)

    quote = provider.quote(batch)
    sys.addaudithook(watch)
    if step == "submit":
        provider.submit(quote.quote_ref, batch, "key-1")
    else:
        provider.erase(["k-ada", "k-bob"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
