"""What `list` keeps is what the catalogue says now: an edited, new or deleted file is seen at once."""

import json
import os
from pathlib import Path

import pytest

from proofs_check.verbs import listing
from theory import discovery


class Catalogue:
    """Files whose texts are the titles; `built`: how often they were read for the rows."""

    def __init__(self, folder: Path) -> None:
        self.sources, self.place, self.built = folder / "claims", folder / "cache" / "listing.json", 0
        self.sources.mkdir()
        self.write("one.py", "first")

    def write(self, name: str, title: str) -> None:
        (self.sources / name).write_text(title, encoding="utf-8")

    def rows(self) -> list[listing.Row]:
        return listing.kept([self.sources], self.place, self._build)

    def titles(self) -> list[str]:
        return [row["title"] for row in self.rows()]

    def _build(self) -> list[listing.Row]:
        self.built += 1
        return [{"title": file.read_text(encoding="utf-8")} for file in sorted(self.sources.glob("*.py"))]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)


def test_unchanged_sources_are_not_built_again(catalogue):
    assert [catalogue.titles() for _ in range(3)] == [["first"]] * 3
    assert catalogue.built == 1


def test_an_edited_file_of_the_same_length_and_time_shows_up_at_once(catalogue):
    catalogue.rows()
    before = (catalogue.sources / "one.py").stat()
    catalogue.write("one.py", "FIRST")
    os.utime(catalogue.sources / "one.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert catalogue.titles() == ["FIRST"]


def test_a_new_file_and_a_deleted_one_show_up_at_once(catalogue):
    catalogue.rows()
    catalogue.write("two.py", "second")
    assert catalogue.titles() == ["first", "second"]
    (catalogue.sources / "one.py").unlink()
    assert catalogue.titles() == ["second"]


def test_a_renamed_file_is_built_again(catalogue):
    catalogue.rows()
    (catalogue.sources / "one.py").rename(catalogue.sources / "two.py")
    catalogue.rows()
    assert catalogue.built == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 3}', "null", "\x00"])
def test_a_listing_that_cannot_be_read_is_built_again(catalogue, text):
    catalogue.rows()
    catalogue.place.write_text(text, encoding="utf-8")
    assert catalogue.titles() == ["first"]


def test_where_nothing_can_be_written_the_rows_are_built(tmp_path):
    catalogue = Catalogue(tmp_path)
    catalogue.place.parent.write_text("a file where the folder should be", encoding="utf-8")
    assert catalogue.titles() == catalogue.titles() == ["first"]
    assert catalogue.built == 2


def test_the_sources_of_the_listing_hold_every_entry_setting_and_simulator():
    folders = [path for path in listing.SOURCES if path.is_dir()]
    for module in (discovery.CATALOGUE, listing.ROOT / "theory" / "settings", listing.ROOT / "numerics" / "simulators"):
        assert any(module.is_relative_to(folder) for folder in folders)


def test_what_is_kept_is_what_the_claims_say(tmp_path):
    kept = listing.kept(listing.SOURCES, tmp_path / "listing.json", lambda: listing.rows_of("attention"))
    claims = discovery.find("attention")
    assert kept == json.loads(json.dumps([listing.row(claim) for claim in claims]))
    assert [row["id"] for row in listing.rows_of("all") if row["topic"] == "attention"] == [c.id for c in claims]
    assert listing.rows_of("attention.svm_frobenius_direction") == kept
