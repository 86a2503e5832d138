"""The provider by files: outgoing batches, incoming results, each handed over once and read whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from regulars import (
    CheckReport,
    EcoaBatch,
    EcoaBounce,
    EcoaCapabilities,
    EcoaCredit,
    EcoaJob,
    EcoaPage,
    EcoaProvider,
    EcoaQuote,
    EcoaRejection,
    EcoaResult,
    Finding,
    Money,
    MoneyError,
    PlatformError,
    RefusedError,
)

from regulars_ecoa.file_results import Result, columns_needed, result
from regulars_ecoa.file_settings import EcoaFileSettings
from regulars_ecoa.folder import Folder
from regulars_ecoa.provider import duties, guard, only_hashes
from regulars_ecoa.table import Row, Spoilt, Table, written

PAGE = 1000
"""Results to a page."""
_COUNT = re.compile(r"_(\d+)\.[^.]+$")


class EcoaFile(EcoaProvider):
    """EcoaProvider over two shared directories.

    A job's name comes from its idempotency key, so that the same key is the same file. Outgoing:
    `[job]_suppress_[count].txt` before `[job]_toprocess_[count].txt`. Incoming: `[job]_results_[count].txt`
    and the like; a file with another number of rows than its name says is not read.
    """

    def __init__(self, settings: EcoaFileSettings) -> None:
        self._settings = settings
        self._folder = Folder(settings.outbox, settings.inbox, settings.archive)

    def capabilities(self) -> EcoaCapabilities:
        return self._settings.capabilities()

    def quote(self, batch: EcoaBatch) -> EcoaQuote:
        """The contract's price if every record matched: nobody can tell beforehand how many will."""
        guard(self.capabilities(), batch)
        rows = sorted((row.record_key, row.old_email) for row in batch.rows)
        digest = hashlib.sha256(repr((rows, sorted(batch.suppress))).encode()).hexdigest()
        return EcoaQuote(f"q-{digest[:20]}", len(batch.rows), self._settings.cost(len(batch.rows)))

    def submit(self, quote_ref: str, batch: EcoaBatch, key: str) -> EcoaJob:
        guard(self.capabilities(), batch)
        if not key:
            raise RefusedError("a job without an idempotency key could be paid twice", where="ecoa submit")
        if found := self.find(key):
            return found
        if quote_ref != self.quote(batch).quote_ref:
            raise RefusedError("this quote was made for another batch", where=f"quote {quote_ref}")
        job = self._job_of(key)
        name = f"{job}_toprocess_{len(batch.rows)}.txt"
        self._folder.sweep(self._settings.account)
        # First what must not come back: the provider may take the batch the moment it is there.
        self._folder.hand_over(f"{job}_suppress_{len(batch.suppress)}.txt", self._hashes(batch.suppress))
        self._folder.hand_over(name, self._records(batch))
        return self.poll(job)

    def find(self, key: str) -> EcoaJob | None:
        job = self._job_of(key)
        return self.poll(job) if self._sent(job) else None

    def poll(self, job_ref: str) -> EcoaJob:
        sent = self._sent(job_ref)
        if sent is None:
            raise PlatformError(
                "no such job was handed over",
                where=f"ecoa job {job_ref}",
                hint="Is this the archive it was sent with?",
            )
        records = _count(sent)
        if self._folder.withdrawn(sent):
            return EcoaJob(job_ref, "cancelled", self._settings.cost(0), {"input": records})
        if self._files("failed", job_ref):
            return EcoaJob(job_ref, "failed", None, {"input": records})
        if files := self._files("results", job_ref):
            delivered, charged = self._bill(job_ref, [self._table(path) for path in files])
            return EcoaJob(job_ref, "completed", charged, {"input": records, "delivered": delivered})
        if self._files("partial", job_ref):
            return EcoaJob(job_ref, "partial", None, {"input": records})
        return EcoaJob(job_ref, "queued" if self._folder.waits(sent) else "matching", None, {"input": records})

    def results(self, job_ref: str, cursor: str | None = None) -> Iterator[EcoaPage]:
        files = self._files("results", job_ref) or self._files("partial", job_ref)
        if not files:
            raise PlatformError("results are not ready", where=f"ecoa job {job_ref}", hint="Poll later")
        tables = [self._table(path) for path in files]
        start, passed = int(cursor or 0), 0
        whole = sum(len(table.lines) for table in tables)
        for table in tables:
            first = max(0, start - passed)
            for at in range(first, len(table.lines), PAGE):
                end = passed + min(at + PAGE, len(table.lines))
                yield self._page(table, at, str(end) if end < whole else None)
            passed += len(table.lines)
        if start >= whole:
            yield EcoaPage(())

    def return_bounces(self, job_ref: str, bounced: Sequence[EcoaBounce]) -> EcoaCredit:
        """Claim credit by a file of its own; what the provider decides comes in another, and is read when
        the same rows are returned again."""
        keys = {one.record_key for one in bounced}
        header = [self._settings.heading(name) for name in ("record_key", "new_email", "bounced_at")]
        rows = [(one.record_key, one.new_email, f"{one.bounced_at:%Y-%m-%d}") for one in bounced]
        body = written(header, sorted(rows), self._settings.separator, self._settings.encoding)
        self._folder.hand_over(f"{job_ref}_bounces_{_digest(keys)}_{len(rows)}.txt", body)
        decided = {key: said for key, said in self._decisions(job_ref).items() if key in keys}
        paid = {key: said for key, said in decided.items() if isinstance(said, Money)}
        refused = tuple(said for said in decided.values() if isinstance(said, EcoaRejection))
        return EcoaCredit(sum(paid.values(), self._settings.cost(0)), len(keys - decided.keys()), refused, paid)

    def suppress(self, hashes: Sequence[str]) -> None:
        only_hashes(hashes)
        name = f"{self._settings.account}_suppress_{_digest(hashes)}_{len(hashes)}.txt"
        self._folder.hand_over(name, self._hashes(hashes))

    def erase(self, record_keys: Sequence[str]) -> None:
        """Ask the provider, and blank the records in the result files that still lie in the inbox."""
        header = [self._settings.heading("record_key")]
        rows = [[key] for key in sorted(record_keys)]
        body = written(header, rows, self._settings.separator, self._settings.encoding)
        self._folder.hand_over(f"{self._settings.account}_erase_{_digest(record_keys)}_{len(rows)}.txt", body)
        for path in self._folder.incoming(f"{self._settings.account}-*"):
            self._blank(path, frozenset(record_keys))

    def cancel(self, job_ref: str) -> EcoaJob:
        """Take the batch back, as long as the provider has not taken it."""
        if sent := self._sent(job_ref):
            self._folder.withdraw(sent)
        return self.poll(job_ref)

    # --- names -------------------------------------------------------------------------------------

    def _job_of(self, key: str) -> str:
        return f"{self._settings.account}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"

    def _sent(self, job: str) -> str | None:
        """The name of the batch that was handed over for a job, None where there is none."""
        self._folder.require()
        for path in self._settings.archive.glob(f"{job}_toprocess_*.txt.*"):
            name = path.name.removesuffix(path.suffix)
            if path.suffix == ".withdrawn" or (path.suffix == ".receipt" and self._folder.handed_over(name)):
                return name
        return None

    def _files(self, kind: str, job: str) -> list[Path]:
        return self._folder.incoming(self._settings.pattern(kind, job))

    # --- outgoing ----------------------------------------------------------------------------------

    def _records(self, batch: EcoaBatch) -> bytes:
        mine = self._settings
        header = [mine.heading(name) for name in ("record_key", "old_email", *mine.needs)]
        rows = [
            [row.record_key, row.old_email, *(row.extra.get(name, "") for name in mine.needs)]
            for row in batch.rows
        ]
        return written(header, rows, mine.separator, mine.encoding)

    def _hashes(self, hashes: Sequence[str]) -> bytes:
        mine = self._settings
        return written([mine.heading("hash")], [[one] for one in sorted(hashes)], mine.separator, mine.encoding)

    # --- incoming ----------------------------------------------------------------------------------

    def _table(self, path: Path, needs: Sequence[str] | None = None) -> Table:
        """A whole file. Raises PlatformError where it has fewer or more rows than its name says."""
        mine = self._settings
        needs = columns_needed(mine) if needs is None else needs
        told = _count(path.name)
        body = self._folder.read(path)
        table = Table.parse(path.name, body, needs, mine.separator, mine.results_encoding)
        if told != len(table.lines):
            raise PlatformError(
                f"{len(table.lines)} rows, its name says {told}",
                where=f"ecoa {path.name}",
                hint="It may not have arrived whole; if this stays so, have the provider send it again",
            )
        return table

    def _page(self, table: Table, start: int, cursor: str | None) -> EcoaPage:
        read = [self._row(table, row) for row in table.rows(start, start + PAGE)]
        refused = [one for one in read if isinstance(one, EcoaRejection)]
        spoilt = [one for one in table.rows() if isinstance(one, Spoilt)] if start == 0 else []
        if spoilt:
            lines = "".join(f"line {one.line}: {one.reason}\r\n{one.text}\r\n" for one in spoilt)
            self._folder.keep_aside(f"{table.name}.aside", lines.encode())
        return EcoaPage([one for one in read if isinstance(one, EcoaResult)], cursor, refused)

    def _row(self, table: Table, row: Row | Spoilt) -> Result:
        where = f"{table.name}, line {row.line}"
        return (
            EcoaRejection("", row.reason, where) if isinstance(row, Spoilt) else result(row, self._settings, where)
        )

    def _bill(self, job: str, tables: Sequence[Table]) -> tuple[int, Money]:
        """Delivered matches, and what they cost with granted credits deducted."""
        mine = self._settings
        read = [self._row(table, row) for table in tables for row in table.rows()]
        delivered = {one.record_key: one for one in read if isinstance(one, EcoaResult) and one.code == "MATCHED"}
        prices = [one.price or mine.unit for one in delivered.values()]
        cost = sum(prices, mine.cost(0))
        if mine.job_cap:
            cost = min(cost, Money.parse(mine.job_cap, mine.currency), key=lambda money: money.amount)
        credited = sum((x for x in self._decisions(job).values() if isinstance(x, Money)), mine.cost(0))
        return len(delivered), cost - credited

    def _decisions(self, job: str) -> dict[str, Money | EcoaRejection]:
        """What the provider said of returned bounces, by record key."""
        mine, found = self._settings, dict[str, Money | EcoaRejection]()
        key, credit, reason = (mine.heading(name) for name in ("record_key", "credit", "reason"))
        for path in self._files("credit", job):
            for row in self._table(path, (key, credit)).rows():
                if isinstance(row, Row):
                    where = f"{path.name}, line {row.line}"
                    found[row.values[key]] = _decision(
                        row.values[credit], row.values.get(reason, ""), row, key, where, mine.currency
                    )
        return found

    def _blank(self, path: Path, keys: frozenset[str]) -> None:
        """Leave of an erased record its key alone; other lines and their number stay."""
        mine, heading = self._settings, self._settings.heading("record_key")
        try:
            table = Table.parse(
                path.name, self._folder.read(path), [heading], mine.separator, mine.results_encoding
            )
        except PlatformError:
            return  # not one of our tables
        if not any(isinstance(row, Row) and row.values[heading] in keys for row in table.rows()):
            return
        lines = [mine.separator.join(table.header)]
        for (_, line), row in zip(table.lines, table.rows(), strict=True):
            erased = isinstance(row, Row) and row.values[heading] in keys
            lines.append(
                _emptied(table, row, heading, mine.separator) if erased and isinstance(row, Row) else line
            )
        encoding = "cp1252" if mine.results_encoding == "cp1252" else "utf-8"
        self._folder.rewrite(path, ("\r\n".join(lines) + "\r\n").encode(encoding, "replace"))
        self._folder.drop_aside(f"{path.name}.aside")


def check(settings: EcoaFileSettings) -> CheckReport:
    """Whether the directories are there, and what waits in them. Nobody answers: the account is what the
    settings say."""
    folder = Folder(settings.outbox, settings.inbox, settings.archive)
    folder.require()
    waiting = len(list(settings.outbox.glob(f"{settings.account}*_toprocess_*")))
    aside = len(list(settings.archive.glob("*.aside")))
    findings = [Finding("ok", "directories", f"{waiting} batches wait to be taken")]
    if aside:
        text = f"{aside} files had rows that cannot be read: see *.aside in {settings.archive}"
        findings.append(Finding("warning", "rows", text))
    return CheckReport(settings.account, "file exchange", (*findings, *duties(settings.capabilities())))


def _decision(amount: str, reason: str, row: Row, key: str, where: str, currency: str) -> Money | EcoaRejection:
    try:
        granted = Money.parse(amount or "0", currency)
    except MoneyError as fault:
        raise PlatformError(fault.what, where=f"ecoa {where}", hint="Ask the provider what it means") from None
    if granted.amount > 0:
        return granted
    return EcoaRejection(row.values[key], reason or "no reason given", where)


def _emptied(table: Table, row: Row, heading: str, separator: str) -> str:
    return separator.join(row.values[column] if column == heading else "" for column in table.header)


def _count(name: str) -> int:
    """The number of rows that a file's name tells. Raises PlatformError."""
    found = _COUNT.search(name)
    if found is None:
        raise PlatformError(
            "the name tells no number of rows", where=f"ecoa {name}", hint="Such as [job]_results_214.txt"
        )
    return int(found[1])


def _digest(values: Sequence[str] | set[str]) -> str:
    return hashlib.sha256("\n".join(sorted(values)).encode()).hexdigest()[:12]
