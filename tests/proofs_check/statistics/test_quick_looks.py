"""Between reports a judge says only whether to go on, by shorter ways: its answer is the one it reports."""

import dataclasses

import numpy as np
import pytest

from proofs_check.calibration.listed import listed
from proofs_check.calibration.toys import Toy, upto
from proofs_check.statistics.evidence import Rule
from proofs_check.statistics.judging import judged, trials_to_begin


@pytest.mark.parametrize("toy", listed().values(), ids=lambda toy: f"{toy.relation}, {toy.name}")
def test_a_quick_look_answers_what_a_report_says(toy: Toy) -> None:
    rule = Rule(0.01, toy.tolerance, toy.first_look)
    begin = trials_to_begin(toy.claim.relation, rule)
    for theta in (0.0, *toy.edges, 2.5):
        samples = toy.draw(theta, np.random.default_rng(0), min(4, toy.reach) * begin)
        for trials in (begin, 2 * begin, 4 * begin):
            looked_at = [upto(sample, trials) for sample in samples]
            quick, report = (judged(toy.claim, looked_at, dataclasses.replace(rule, detail=d)) for d in (False, True))
            assert quick.answer == report.answer, (theta, trials)
