"""Pages say what was found: a page of a false claim says refuted. Nothing in them needs a network."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sympy import Rational

from numerics.measure import Laboratory
from proofs_check.report.pages import mathml
from proofs_check.reporting import report
from tests.engine_toys import claim_of
from tests.proofs_check.report.test_figures_along import Decay
from theory.claim import Claim, Curve, Source, Wrong
from theory.discovery import find
from theory.errors import BadInput
from theory.proof import Inequality
from theory.relation import Equality
from theory.words.describe import describe

D = Decay
MEAN = Rational(3, 2)
FIVE = MEAN * Rational(21, 20)


def mean_of(value: Any = MEAN, **more: Any) -> Claim:
    return claim_of(
        D.u, value, Equality(), D, title="Mean of a <uniform> number", source=Source("a book & a pencil"),
        points=[{D.r: "0.2"}], wrong=[Wrong("5 % more", prediction=FIVE)], figure=Curve(D.r, ("0.1", "0.2", "0.3")),
        steps=[Inequality(D.r, 2 * D.r, because="r is positive")], **more,
    )  # fmt: skip


def page_of(claim: Claim, folder: Path, **asked: Any) -> str:
    index, page, *_ = report(claim, out=folder, lab=Laboratory(), points=1, **asked)
    assert page.name in index.read_text()
    return page.read_text()


def section(page: str, head: str) -> str:
    return page.partition(f"<h2>{head}</h2>")[2].partition("<h2>")[0]


def test_a_page_tells_verdict_figure_wrong_variant_step_and_source(tmp_path: Path) -> None:
    page = page_of(mean_of(), tmp_path)
    assert ">supported<" in section(page, "Verdict")
    assert (tmp_path / re.findall(r'<img src="([^"]+)"', page)[0]).stat().st_size > 1000
    assert "5 % more" in (wrong := section(page, "What must be refuted"))
    assert ">refuted<" in wrong
    assert 'class="proved"' in section(page, "Derivation")
    assert "a book &amp; a pencil" in section(page, "Source")
    assert "Mean of a &lt;uniform&gt; number" in page
    assert "<uniform>" not in page
    assert "<script" not in page
    assert describe(mean_of())["latex"] in unescape(page)


def test_the_page_of_a_false_claim_says_refuted(tmp_path: Path) -> None:
    page = page_of(mean_of(FIVE), tmp_path)
    assert ">refuted<" in section(page, "Verdict")
    assert ">supported<" not in page
    assert "0 supported, 1 refuted, 0 undecided" in (tmp_path / "index.html").read_text()


def test_the_level_of_all_checks_of_the_pages_is_the_error_rate(tmp_path: Path) -> None:
    """Two checks, of claim and variant, with half of the rate; three points of the figure with the other half."""
    page = page_of(mean_of(), tmp_path, error_rate=0.01)
    assert "level 0.0025" in section(page, "Verdict")
    assert "error rate 0.005 for the whole figure" in page


def test_a_claim_that_is_bad_input_has_no_page_and_the_index_says_why(tmp_path: Path) -> None:
    bad = mean_of(quantity="bad", scale=D.r - D.r)
    index, *pages = report([mean_of(), bad], out=tmp_path, lab=Laboratory(), points=1)
    assert len(pages) == 1
    assert "Without a page" in index.read_text()
    with pytest.raises(BadInput):
        report(bad, out=tmp_path, lab=Laboratory(), points=1)


def test_every_formula_of_the_catalogue_becomes_mathml() -> None:
    for claim in find("all"):
        said = describe(claim)
        markup = mathml(said["latex"])
        ElementTree.fromstring(markup)  # well formed
        assert "\\" not in markup, claim.id
        assert " at 0x" not in said["statement"], claim.id
