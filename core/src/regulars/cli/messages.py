"""What --verbose prints: the log of `regulars` on stderr."""

from __future__ import annotations

import logging

import click


class _Stderr(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{record.levelname.lower()}: {record.getMessage()}", err=True)


def print_log(verbose: int) -> None:
    """Print what happens; from 2 on every request too."""
    log = logging.getLogger("regulars")
    log.handlers = [_Stderr()]
    log.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)


def print_retries() -> None:
    """Print only that something is tried again: silence would look like a hang."""
    logging.getLogger("regulars.retry").handlers = [_Stderr()]
