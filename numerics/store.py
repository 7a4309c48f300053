"""Samples and records on disk, addressed by what made them: one SQLite file in WAL mode."""

import io
import json
import os
import sqlite3
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from numerics.sources import digest_of
from theory.errors import StoreFault

SCHEMA = 1
PATIENCE = 30  # seconds to wait for another process
TABLES = (
    "CREATE TABLE blocks (key TEXT PRIMARY KEY, arrays BLOB NOT NULL, about TEXT NOT NULL)",
    "CREATE TABLE records (address TEXT PRIMARY KEY, id TEXT NOT NULL, record TEXT NOT NULL)",
    "CREATE INDEX records_of_claim ON records (id)",
)
STEPS = "CREATE TABLE IF NOT EXISTS steps (key TEXT PRIMARY KEY, outcome TEXT NOT NULL)"  # stores of old lack it
WAY_OUT = "move the file away, or set PROOFS_CHECK_STORE to another folder"


def default_folder() -> Path:
    """$PROOFS_CHECK_STORE, or `.proofs-check` beside the nearest pyproject.toml at or above the working directory."""
    if named := os.environ.get("PROOFS_CHECK_STORE"):
        return Path(named)
    here = Path.cwd()
    return next((at for at in (here, *here.parents) if (at / "pyproject.toml").is_file()), here) / ".proofs-check"


def block_key(**parts: Any) -> str:
    """The address of a block: SHA-256 of the canonical JSON of all that made it."""
    return digest_of(parts)


class Store:
    """Blocks of simulated arrays, records of checks and outcomes of steps; several processes may write at once.

    What has been put survives a kill of the process. Raises StoreFault where the file cannot be used.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = default_folder() if folder is None else Path(folder)
        self.path = self.folder / "store.sqlite"
        with self._faults():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        """Create the tables, once, whichever process comes first; refuse the file of another version."""
        if self._version() != SCHEMA:
            with self._transaction():
                self._create()
        self._write_ahead()
        self._run("PRAGMA synchronous = NORMAL")  # a kill loses nothing, a power cut at most the last commits

    def _write_ahead(self) -> None:
        """Switch to WAL mode; SQLite itself does not wait while another process switches."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _create(self) -> None:
        found = self._version()  # anew, inside the transaction: another process may have been first
        if found == SCHEMA:
            return
        if found or self._run("SELECT count(*) FROM sqlite_master")[0][0]:
            raise StoreFault(f"store {self.path} has version {found}, this program reads version {SCHEMA}; {WAY_OUT}")
        for statement in (*TABLES, f"PRAGMA user_version = {SCHEMA}"):
            self._run(statement)

    def get_block(self, key: str) -> dict[str, np.ndarray] | None:
        """The arrays of a block, or None where it was never put."""
        rows = self._run("SELECT arrays FROM blocks WHERE key = ?", key)
        with self._faults():
            return _unpacked(rows[0][0]) if rows else None

    def put_block(self, key: str, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> None:
        """Keep a block; one that is there already stays as it is."""
        row = (key, _packed(arrays), json.dumps(dict(about), sort_keys=True))
        self._run("INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)", *row)

    def count_blocks(self) -> int:
        return self._run("SELECT count(*) FROM blocks")[0][0]

    def put_record(self, record: Mapping[str, Any]) -> None:
        """Keep a record under its (id, key), or under its whole content where it has no key; the first one stays."""
        address = digest_of([record["id"], record.get("key", record)])
        self._run("INSERT OR IGNORE INTO records VALUES (?, ?, ?)", address, record["id"], json.dumps(dict(record)))

    def records(self, claim_id: str | None = None) -> list[dict[str, Any]]:
        """All records, or those of one claim, in the order in which they were put."""
        chosen, given = ("", ()) if claim_id is None else ("WHERE id = ?", (claim_id,))
        rows = self._run(f"SELECT record FROM records {chosen} ORDER BY rowid", *given)
        with self._faults():
            return [json.loads(text) for (text,) in rows]

    def get_step(self, key: str) -> Any:
        """The outcome of a step as it was put, or None."""
        self._run(STEPS)
        rows = self._run("SELECT outcome FROM steps WHERE key = ?", key)
        return rows[0][0] if rows else None

    def put_step(self, key: str, outcome: str) -> None:
        """Keep the outcome of a step in place of an earlier one."""
        self._run(STEPS)
        self._run("INSERT OR REPLACE INTO steps VALUES (?, ?)", key, outcome)

    def earlier(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """How many other checks of the same claim are kept, with which seeds and verdicts."""
        names = ("seed", "verdict", "wrong", "boundary", "key")
        columns = ", ".join(f"json_extract(record, '$.{name}')" for name in names)
        rows = self._run(f"SELECT {columns} FROM records WHERE id = ? ORDER BY rowid", record["id"])
        what = record.get("wrong"), bool(record.get("boundary"))
        same = [
            (seed, verdict)
            for seed, verdict, wrong, boundary, key in rows
            if (wrong, bool(boundary)) == what and key != record.get("key")
        ]
        verdicts = [verdict for _, verdict in same]
        return {
            "checks": len(same),
            "seeds": sorted({seed for seed, _ in same if seed is not None}),
            "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts), key=str)},
        }

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _version(self) -> int:
        return self._run("PRAGMA user_version")[0][0]

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._faults():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            raise
        self._run("COMMIT")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, zipfile.BadZipFile, ValueError, EOFError) as error:
            raise StoreFault(f"store {self.path} cannot be used: {' '.join(str(error).split())}; {WAY_OUT}") from error


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _unpacked(blob: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
        return dict(arrays)
