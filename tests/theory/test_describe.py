"""A claim described as text says everything that it declares, in JSON's own types."""

import json

import pytest
from sympy import Symbol, exp, oo

from theory.claim import Claim, Source
from theory.computed import Law, Minimum
from theory.discovery import find
from theory.domain import Real, Size
from theory.relation import Asymptotic, Bound, Distribution, Exponent, Ladder, Order, Ordering, Probability, Threshold
from theory.setting import Observable, Setting
from theory.words.describe import card, describe, plain_text

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


class Worded(Setting):
    """y is about memory·lam·sigma2."""

    memory = Size(typical=(8, 32))
    lam = Real(above=0, typical=(1, 2))
    sigma2 = Real(above=0, typical=(1, 2))
    y = Observable("y")


class Sized(Setting):
    """A quantity of size n."""

    n = Size(typical=(4, 8))
    y = Observable("the quantity")


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


def test_every_relation_says_what_it_claims() -> None:
    n, constant = Sized.n, Symbol("C", positive=True)
    ladder = Ladder(n, [16, 32, 64, 128, 256])
    law = Law(cdf=lambda x: 1 - exp(-x), support=(0, oo))
    for prediction, relation, latex, shown in (
        (-1, Exponent(ladder), r"\mathbb{E}\left[y\right] \sim A\, n^{-1}", "E[y] ∼ "),
        (-1, Exponent(ladder, floor=True), r"\mathbb{E}\left[y\right] \sim A\, n^{-1} + F", "+ F"),
        (constant * n, Order(ladder, "O"), r"\mathbb{E}\left[y\right] = O\left(C n\right)", "of the order O of C⋅n"),
        (law, Distribution(), r"\mathbb{P}\left(y \leq x\right) = 1 - e^{- x}", "P(y ≤ x) = 1 - ℯ"),
        (None, Ordering(lower={n: 2 * n}, upper={n: n}), r"_{n = 2 n} \leq ", "at n = 2·n is at most that at n"),
        (n, Bound("<=", Probability(0.9)), r"\mathbb{P}\left(y \leq n\right) \geq 0.9", "y ≤ n"),
        (n, Bound("<=", "mean"), r"\mathbb{E}\left[y\right] \leq n", "E[y] ≤ n"),
        (n, Threshold(of=n, first_order=True, signal=2), r"\left(y - 2\right)", "changes its sign at n = n"),
    ):
        claim = Claim(
            Sized, Sized.y, prediction, relation, title="t", entry="toys.sized", source=Source("s"), unknown=[constant]
        )
        said = describe(claim)
        assert latex in said["latex"] and shown in said["unicode"], (said["latex"], said["unicode"])


def test_words_stand_upright_in_latex_and_greek_letters_do_not() -> None:
    product, relation = Worded.memory * Worded.lam * Worded.sigma2, Asymptotic(Ladder(Worded.memory, [8, 16, 32]))
    claim = Claim(Worded, Worded.y, product, relation, title="t", entry="toys.worded", source=Source("s"))
    found = describe(claim)["latex"]
    assert r"\mathrm{memory} \to \infty" in found and r"\lambda \mathrm{memory} \sigma_{2}" in found
    assert " memory" not in found


def test_the_place_of_a_least_value_is_not_called_the_value() -> None:
    t = Symbol("t", positive=True)
    for gives, named in (("place", True), ("value", False)):
        least = Minimum((t - Worded.lam) ** 2, over=t, between=(0, 9), gives=gives)
        claim = Claim(Worded, Worded.y, least, Bound(">="), title="t", entry="mine.least", source=Source("here"))
        assert ("the place of the least value over t" in describe(claim)["unicode"]) is named
