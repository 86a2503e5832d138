"""The journal's stored format. A change is a new numbered migration; the ones before never change."""

from __future__ import annotations

_WRITTEN = """INSERT INTO written (connection, record_id, is_field, name, wanted, at, seq)
    VALUES (new.connection, new.record_id, new.kind = 'set', new.field, new.wanted, new.at, new.seq)
    ON CONFLICT DO UPDATE SET wanted = excluded.wanted, at = excluded.at, seq = excluded.seq
    WHERE excluded.seq >= seq"""
_IS_WRITTEN = "new.state = 'confirmed' AND new.kind IN ('set', 'join', 'leave')"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE lease (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            owner TEXT NOT NULL, epoch INTEGER NOT NULL, expires_at TEXT NOT NULL)""",
        "INSERT INTO lease VALUES (1, '', 0, '')",
        """CREATE TABLE run (
            id TEXT PRIMARY KEY, no INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
            step TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, summary TEXT NOT NULL)""",
        """CREATE TABLE stream (
            connection TEXT NOT NULL, stream TEXT NOT NULL, cursor TEXT, pass_from INTEGER,
            updated_at TEXT NOT NULL, PRIMARY KEY (connection, stream))""",
        """CREATE TABLE segment (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, connection TEXT NOT NULL,
            stream TEXT NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL, rows INTEGER NOT NULL,
            merged INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL)""",
        """CREATE TABLE count (
            run_id TEXT NOT NULL, connection TEXT NOT NULL, stream TEXT NOT NULL, kind TEXT NOT NULL,
            rows INTEGER NOT NULL, backfill INTEGER NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (run_id, connection, stream, kind))""",
        """CREATE TABLE quarantine (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, connection TEXT NOT NULL,
            kind TEXT NOT NULL, record_id TEXT NOT NULL, reason TEXT NOT NULL)""",
        """CREATE TABLE fact (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL,
            at TEXT NOT NULL, payload TEXT NOT NULL)""",
        "CREATE INDEX fact_kind ON fact (kind, subject)",
        """CREATE TABLE plan (
            id TEXT PRIMARY KEY, digest TEXT NOT NULL, kind TEXT NOT NULL, created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL, run_id TEXT)""",
        """CREATE TABLE ledger (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, plan_id TEXT NOT NULL, run_id TEXT NOT NULL,
            connection TEXT NOT NULL, record_id TEXT NOT NULL, kind TEXT NOT NULL, field TEXT NOT NULL,
            old TEXT, wanted TEXT, state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,
            reason TEXT NOT NULL DEFAULT '', at TEXT NOT NULL)""",
        "CREATE INDEX ledger_plan ON ledger (plan_id, state)",
        "CREATE INDEX ledger_field ON ledger (connection, field, record_id)",
    ),
    # A night asks seven times what was written between two nights; the ledger keeps everything ever written.
    ("CREATE INDEX ledger_at ON ledger (connection, at)",),
    # A plan asks what was last written on each record; the ledger keeps everything ever written, so that asking it
    # would cost more every night. Whoever confirms an entry does this as well, in the same transaction.
    (
        """CREATE TABLE written (
            connection TEXT NOT NULL, record_id TEXT NOT NULL, is_field INTEGER NOT NULL, name TEXT NOT NULL,
            wanted TEXT, at TEXT NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (connection, record_id, is_field, name)) WITHOUT ROWID""",
        """INSERT INTO written
            SELECT connection, record_id, kind = 'set', field, wanted, at, max(seq) FROM ledger
            WHERE state = 'confirmed' AND kind IN ('set', 'join', 'leave') GROUP BY 1, 2, 3, 4""",
        f"CREATE TRIGGER written_later AFTER UPDATE OF state ON ledger WHEN {_IS_WRITTEN} BEGIN {_WRITTEN}; END",
        f"CREATE TRIGGER written_at_once AFTER INSERT ON ledger WHEN {_IS_WRITTEN} BEGIN {_WRITTEN}; END",
    ),
)
"""One tuple of statements per version; the version is kept in `PRAGMA user_version`."""
