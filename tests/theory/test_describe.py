"""A claim described as text says everything that it declares, in JSON's own types."""

import json

import pytest

from theory.claim import Claim
from theory.describe import card, describe, plain_text
from theory.discovery import find

WANTED = {
    "id",
    "title",
    "entry",
    "relation",
    "status",
    "latex",
    "unicode",
    "symbols",
    "assuming",
    "regime",
    "steps",
    "source",
    "wrong",
    "fails_at",
}
CLAIMS = {claim.id: claim for claim in find("flagship")}
RISK = CLAIMS["min_norm.ridgeless_risk_isotropic"]


@pytest.fixture(params=CLAIMS)
def claim(request: pytest.FixtureRequest) -> Claim:
    return CLAIMS[request.param]


def test_every_claim_is_described_in_json(claim: Claim) -> None:
    said = describe(claim)
    assert set(said) >= WANTED
    assert json.loads(json.dumps(said)) == said
    assert {symbol["name"] for symbol in said["symbols"]} >= set(claim.setting.domains())
    assert " at 0x" not in json.dumps(said)


def test_plain_text_names_every_part(claim: Claim) -> None:
    text = plain_text(describe(claim) | {"simulator": "the simulator"})
    for part in (claim.title, claim.status, "the simulator", *(wrong.name for wrong in claim.wrong)):
        assert part in text


def test_the_formula_stands_in_unicode_and_latex() -> None:
    said = describe(RISK)
    assert said["latex"].startswith(r"\mathbb{E}\left[\mathrm{excess\_risk}\right] = ")
    assert said["unicode"].splitlines()[1].startswith("E[excess_risk] = ────")
    assert said["assuming"] == ["p > n + 1"]


def test_roots_are_shown_with_their_equations() -> None:
    said = describe(CLAIMS["random_features.rf_eigenframework"])
    assert said["roots"][0]["equation"].endswith("= 0")
    assert "with g such that" in said["unicode"]


def test_an_algorithm_is_shown_by_its_name_and_what_it_says_of_itself() -> None:
    said = describe(CLAIMS["attention.svm_frobenius_direction"])
    assert said["prediction"].startswith("attention_svm(tokens, queries, scores): ")


def test_a_card_escapes_what_it_shows() -> None:
    page = card(RISK.but(title="<b>bold</b>"))
    assert "<b>bold" not in page and "&lt;b&gt;bold" in page
    assert page == RISK.but(title="<b>bold</b>")._repr_html_()
