"""The store keeps what it acknowledged, and the digests change with what is measured."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from numerics import sources
from numerics.sources import source_digest, versions
from numerics.store import SCHEMA, Store, block_key, default_folder
from theory.errors import BadInput, StoreFault


def arrays(number: int) -> dict[str, np.ndarray]:
    return {"risk": np.full((3, 2), number / 7), "kept": np.array([True, False, True]), "steps": np.arange(number)}


def same(one: dict[str, np.ndarray] | None, two: dict[str, np.ndarray]) -> bool:
    return one is not None and one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in two)


def test_a_block_comes_back_bit_for_bit(tmp_path: Path) -> None:
    with Store(tmp_path / "deep" / "folder") as store:
        assert store.get_block("a") is None
        store.put_block("a", arrays(3), {"setting": "toy"})
        store.put_block("a", arrays(4), {})
        found = store.get_block("a")
        assert same(found, arrays(3)) and not same(found, arrays(4))
        assert store.count_blocks() == 1
    with Store(tmp_path / "deep" / "folder") as store:
        assert same(store.get_block("a"), arrays(3))


def test_objects_are_not_pickled(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        with pytest.raises(ValueError, match="pickle"):
            store.put_block("a", {"any": np.array([object()])}, {})
        assert store.count_blocks() == 0


def test_records_are_kept_once_and_in_order(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for claim, key in [("b", "1"), ("a", "1"), ("b", "2"), ("b", "1")]:
            store.put_record({"id": claim, "key": key, "verdict": "supported"})
        store.put_record({"id": "b", "verdict": "refuted"})
        store.put_record({"id": "b", "verdict": "refuted"})
        assert [(record["id"], record.get("key")) for record in store.records()] == [
            ("b", "1"), ("a", "1"), ("b", "2"), ("b", None),
        ]  # fmt: skip
        assert [record["id"] for record in store.records("a")] == ["a"]
        assert store.records("none") == []


def test_a_key_depends_on_content_not_on_order() -> None:
    assert block_key(n=3, setting="toy") == block_key(setting="toy", n=3)
    assert len({block_key(n=3), block_key(n="3"), block_key(n=4), block_key(p=3)}) == 4


def test_the_folder_is_named_or_beside_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "project" / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    monkeypatch.delenv("PROOFS_CHECK_STORE", raising=False)
    (tmp_path / "project" / "pyproject.toml").touch()
    assert default_folder() == tmp_path / "project" / ".proofs-check"
    monkeypatch.setenv("PROOFS_CHECK_STORE", str(tmp_path / "named"))
    assert default_folder() == tmp_path / "named"
    with Store() as store:
        assert store.path == tmp_path / "named" / "store.sqlite"


def fault(folder: Path, use: Callable[[Store], object] = Store.count_blocks) -> str:
    with pytest.raises(StoreFault) as caught, Store(folder) as store:
        use(store)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (tmp_path / "store.sqlite").read_bytes()
    message = fault(tmp_path)
    assert "version 99" in message and f"version {SCHEMA}" in message and "PROOFS_CHECK_STORE" in message
    assert (tmp_path / "store.sqlite").read_bytes() == before


def test_a_database_that_is_no_store_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.sqlite")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    assert "version 0" in fault(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in fault(tmp_path / "file" / "inner")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    fault(tmp_path)
    tmp_path.chmod(0o700)


def test_a_file_of_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"no database at all " * 500)
    assert "not a database" in fault(tmp_path)


def test_damaged_pages_are_refused(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number in range(50):
            store.put_block(str(number), arrays(500), {})
    path = tmp_path / "store.sqlite"
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 100_000)
    fault(tmp_path, lambda store: [store.get_block(str(number)) for number in range(50)])


@pytest.mark.parametrize("damage", [lambda blob: blob[:100], lambda blob: blob[:90] + b"??" + blob[92:], lambda _: b""])
def test_a_damaged_block_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    with Store(tmp_path) as store:
        store.put_block("a", arrays(3), {})
    connection = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    (blob,) = connection.execute("SELECT arrays FROM blocks").fetchone()
    connection.execute("UPDATE blocks SET arrays = ?", (damage(blob),))
    connection.close()
    fault(tmp_path, lambda store: store.get_block("a"))


WRITER = """
import itertools, sys
import numpy as np
from numerics.store import Store
store = Store(sys.argv[1])
if sys.argv[2] == "uncommitted":
    store._connection.execute("BEGIN")
for number in itertools.count():
    store.put_block(str(number), {"risk": np.full(200, number / 7)}, {})
    print(number, flush=True)
"""


def survivors(folder: Path, manner: str) -> list[bool]:
    """Kill a writing process after its 30th acknowledgement; which of the acknowledged blocks are there?"""
    command = [sys.executable, "-c", WRITER, str(folder), manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        acknowledged = [int(writer.stdout.readline()) for _ in range(30)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    with Store(folder) as store:
        return [same(store.get_block(str(number)), {"risk": np.full(200, number / 7)}) for number in acknowledged]


def test_every_acknowledged_block_survives_a_kill(tmp_path: Path) -> None:
    assert all(survivors(tmp_path, "committed"))


def test_the_kill_loses_what_is_not_committed(tmp_path: Path) -> None:
    assert not any(survivors(tmp_path, "uncommitted"))


MANY = """
import sys
import numpy as np
from numerics.store import Store
first = int(sys.argv[2])
with Store(sys.argv[1]) as store:
    for number in range(first, first + 60):
        store.put_block(str(number), {"risk": np.full(200, number / 7)}, {})
        store.put_record({"id": "toy", "key": str(number)})
"""


def test_several_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", MANY, str(tmp_path), str(20 * k)]) for k in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    with Store(tmp_path) as store:
        assert store.count_blocks() == len(store.records()) == 120
        assert all(same(store.get_block(str(k)), {"risk": np.full(200, k / 7)}) for k in range(120))


def test_many_may_create_a_store_at_once(tmp_path: Path) -> None:
    def put(number: int) -> None:
        with Store(tmp_path / str(number // 8)) as store:
            store.put_block(str(number), {}, {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(320)))
    for folder in tmp_path.iterdir():
        with Store(folder) as store:
            assert store.count_blocks() == 8


USER = """
from helper import scale
from tools.inner import shift
from theory.claim import Claim
from theory import Setting, Claim as C
import numpy as np

def simulator(*, n, trials, rng):
    return {"x": scale(n) * shift(rng.normal(trials))}

claims = [Claim(1)]
"""


@pytest.fixture
def user(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("def scale(n):\n    return n\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text('"""Tools."""\nfrom .inner import shift\n')
    (tmp_path / "tools" / "inner.py").write_text("from .deep import unit\ndef shift(x):\n    return x + unit\n")
    (tmp_path / "tools" / "deep.py").write_text("unit = 1\n")
    (tmp_path / "apart.py").write_text("unit = 1\n")
    (tmp_path / "mine.py").write_text(USER)
    return tmp_path


def defined(file: Path, text: str, name: str = "simulator") -> Callable[..., object]:
    """The function as a file of that text would define it, without running its imports."""
    scope: dict[str, Callable[..., object]] = {}
    exec(compile(f"def {name}(): pass", str(file), "exec"), scope)
    file.write_text(text)
    return scope[name]


def digest(folder: Path, text: str = USER) -> str:
    return source_digest(defined(folder / "mine.py", text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scale(n) *", "scale(n) +"),
        ("import numpy as np", "import scipy as np"),
        ("from helper import scale", "from helper import scale as scaled"),
    ],
)
def test_an_edited_simulator_has_another_digest(user: Path, old: str, new: str) -> None:
    assert digest(user) != digest(user, USER.replace(old, new))


@pytest.mark.parametrize("name", ["helper.py", "tools/inner.py", "tools/deep.py"])
def test_an_edited_import_gives_another_digest(user: Path, name: str) -> None:
    before = digest(user)
    (user / name).write_text((user / name).read_text() + "more = 1\n")
    assert digest(user) != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def simulator", "# how it is measured\ndef simulator"),
        ("[Claim(1)]", "[Claim(2), Claim(3)]"),
        ("from theory.claim import Claim", "from theory.claim import Claim, Wrong\nfrom theory.relation import Bound"),
        ("import Setting, Claim as C", "import Setting, Bound"),
    ],
)
def test_comments_and_claims_do_not_count(user: Path, old: str, new: str) -> None:
    assert old in USER
    assert digest(user) == digest(user, USER.replace(old, new))


def test_what_is_not_imported_does_not_count(user: Path) -> None:
    before = digest(user)
    (user / "apart.py").write_text("unit = 2\n")
    (user / "tools" / "__init__.py").write_text('"""Other words."""\nfrom .deep import unit\n')
    assert digest(user) == before


def test_an_import_through_a_package_reaches_where_the_name_comes_from(user: Path) -> None:
    text = USER.replace("from tools.inner import shift", "from tools import shift")
    before = digest(user, text)
    (user / "tools" / "deep.py").write_text("unit = 2\n")
    assert digest(user, text) != before


def test_a_package_that_does_more_than_import_counts(user: Path) -> None:
    before = digest(user)
    (user / "tools" / "__init__.py").write_text("from .inner import shift\nshift.factor = 2\n")
    assert digest(user) != before


def test_a_digest_does_not_depend_on_where_the_folder_lies(user: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    before = digest(user)
    (user / "helper.py").rename(moved / "helper.py")
    (user / "tools").rename(moved / "tools")
    assert digest(moved) == before != digest(user)


def reached(file: Path, text: str) -> set[str]:
    defined(file, text)
    found = sources._reached(file, (file.parent, file.parent))
    return {path.relative_to(sources.ROOT).as_posix() for path in found if path.is_relative_to(sources.ROOT)}


def test_settings_and_numerics_are_reached_and_predictions_are_not(tmp_path: Path) -> None:
    text = "from theory.settings.toy import Toy\nfrom theory.claims.toy import x\nfrom theory import Setting, Claim\n"
    found = reached(tmp_path / "mine.py", text + "from numerics.linalg import ridge_fit\nimport theory.formulas.toy\n")
    assert {"numerics/linalg.py", "numerics/arrays.py", "theory/errors.py"} <= found
    assert "numerics/store.py" not in found
    assert not any(name.startswith(("theory/claim", "theory/formulas", "theory/evaluate")) for name in found)


def test_a_function_is_found_where_it_is_defined() -> None:
    assert source_digest(source_digest) == source_digest(versions) != source_digest(default_folder)


def test_a_simulator_without_a_file_is_refused() -> None:
    scope: dict[str, Callable[..., object]] = {}
    exec("def typed(): pass", scope)
    for function in (scope["typed"], len):
        with pytest.raises(BadInput, match="no source file"):
            source_digest(function)


def test_versions_are_told_without_imports() -> None:
    code = (
        "import json, sys; from numerics.sources import versions; found = versions(), versions('torch')\n"
        "assert not {'scipy', 'torch'} & set(sys.modules); print(json.dumps(found))"
    )
    plain, torch = json.loads(subprocess.check_output([sys.executable, "-c", code]))
    assert set(plain) == {"python", "numpy", "scipy"}
    assert torch["torch"] and set(torch) == {*plain, "torch"}
    assert plain["numpy"] == np.__version__
