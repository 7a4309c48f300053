"""Runs that are killed, resumed, edited or spread over workers.

The records stay the same, nothing is computed twice and nothing is stale.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine_toys import user_file

ROOT = Path(__file__).parents[2]
COUNT = "__import__('pathlib').Path(__import__('os').environ['CALLS']).open('a').write(f'{n} {s2} {trials}\\n')"
SLOWLY = f"{COUNT}; __import__('time').sleep(0.02)"
BLOCKS = "cost=1e-3, block=100"
PATIENCE = 60.0


class Place:
    """A folder with a store and a file that counts the simulator's calls; the claim file lies above, common to all."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        folder.mkdir()

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PROOFS_CHECK_STORE": str(self.folder / "store"),
            "CALLS": str(self.calls),
        }
        command = [sys.executable, "-m", "proofs_check.cli", *map(str, arguments)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def check(self, path: Path, *flags: object) -> list[dict[str, Any]]:
        """Records of a whole run, without the timings and what the store held before."""
        process = self.start("check", path, "--points", 1, "--tolerance", 0.1, "--json", *flags)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, 1), err
        return [
            {name: value for name, value in record.items() if name not in ("seconds", "earlier")}
            for record in json.loads(out)["records"]
        ]

    def count(self) -> int:
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0

    def wait_for(self, calls: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.count() < calls:
            assert time.monotonic() < deadline, "the simulator was not called"
            time.sleep(0.01)

    def stored(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.folder / "store" / "store.sqlite") as store:
            found = store.execute("SELECT key, about FROM blocks ORDER BY key").fetchall()
            records = store.execute("SELECT id, address FROM records ORDER BY address").fetchall()
        store.close()
        return [*found, *records]


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    yield Place(tmp_path / "first"), Place(tmp_path / "second")


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_run_goes_on_where_it_was_and_ends_with_the_same_records(
    places: tuple[Place, Place], tmp_path: Path, workers: int
) -> None:
    whole, killed = places
    path = user_file(tmp_path, simulated=BLOCKS, first=SLOWLY)
    flags = ("--points", 2, "--workers", workers)
    records = whole.check(path, *flags)
    total = whole.count()
    process = killed.start("check", path, "--tolerance", 0.1, *flags)
    killed.wait_for(total // 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    started = killed.count()
    assert total // 2 <= started < total
    assert killed.check(path, *flags) == records
    assert total <= killed.count() <= total + 2 * workers  # only what was under way at the kill is done again
    assert killed.stored() == whole.stored()
    assert killed.check(path, *flags) == records and killed.count() <= total + 2 * workers


def test_an_edited_simulator_never_meets_a_stored_sample(places: tuple[Place, Place], tmp_path: Path) -> None:
    place, clean = places
    path = user_file(tmp_path, simulated=BLOCKS, first=COUNT)
    before, calls = place.check(path), place.count()
    user_file(tmp_path, simulated=BLOCKS, first=COUNT, prediction="Noise.s2 * 2")
    doubled = place.check(path)
    assert place.count() - calls <= calls and doubled[0]["verdict"] == "refuted"  # the screening is not simulated again
    calls = place.count()
    user_file(tmp_path, simulated=BLOCKS, first=f"{COUNT}; s2 = s2 * 2", prediction="Noise.s2 * 2")
    after = place.check(path)
    assert place.count() > calls and after[0]["verdict"] == "supported" and after[0]["mean"] != before[0]["mean"]
    assert after == clean.check(path)


@pytest.mark.slow
def test_comments_and_a_second_run_cost_nothing_and_fresh_simulates_again(
    places: tuple[Place, Place], tmp_path: Path
) -> None:
    place, _ = places
    path = user_file(tmp_path, simulated=BLOCKS, first=COUNT)
    records, calls = place.check(path), place.count()
    path.write_text(path.read_text() + "\n# a comment\n")
    assert place.check(path) == records and place.count() == calls
    assert place.check(path, "--fresh") == records and place.count() == 2 * calls


@pytest.mark.slow
def test_a_file_edited_during_a_run_leaves_nothing_stale(places: tuple[Place, Place], tmp_path: Path) -> None:
    place, clean = places
    path = user_file(tmp_path, simulated=BLOCKS, first=SLOWLY)
    process = place.start("check", path, "--points", 1, "--tolerance", 0.04, "--workers", 1)
    place.wait_for(3)
    user_file(tmp_path, simulated=BLOCKS, first=f"{SLOWLY}; s2 = s2 * 2")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and place.count() > 20  # several looks came after the edit
    assert place.check(path, "--tolerance", 0.04) == clean.check(path, "--tolerance", 0.04)


@pytest.mark.slow
def test_workers_of_a_users_file_change_no_record(places: tuple[Place, Place], tmp_path: Path) -> None:
    path = user_file(tmp_path, simulated="cost=1e-1, block=100", first=COUNT)  # a cost that is worth a second process
    alone, both = (place.check(path, "--workers", workers) for place, workers in zip(places, (1, 2), strict=True))
    assert alone == both and places[0].count() == places[1].count()


@pytest.mark.slow
def test_an_interrupt_stops_the_workers_too(places: tuple[Place, Place], tmp_path: Path) -> None:
    place, _ = places
    path = user_file(tmp_path, simulated="cost=1e-1, block=100", first=f"{COUNT}; __import__('time').sleep(0.3)")
    process = place.start("check", path, "--workers", 2, "--tolerance", 0.02, "--json")
    place.wait_for(3)
    os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C in a terminal does
    out, err = process.communicate(timeout=PATIENCE)
    assert (
        process.returncode == 130
        and json.loads(out)["summary"]["interrupted"]
        and "interrupted" in err
        and "Traceback" not in err
    )
    calls = place.count()
    time.sleep(1)
    assert place.count() == calls
