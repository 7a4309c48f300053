"""Why a verdict is still open, what would decide it, and what a verdict cannot have seen."""

import re

import numpy as np

from proofs_check.statistics.evidence import Rule
from proofs_check.statistics.sequential import Interval, blocks_for

POWER_QUANTILE = {1: 1.2816, 2: 1.63, 3: 1.82}  # power 0.9 against one mean, for one to three agreeing blocks
EDGE = 0.1


def advice(values: np.ndarray, cs: Interval, rule: Rule, solver: float = 0.0) -> tuple[str, str]:
    """The reason of an undecided verdict, and what would decide it."""
    delta = rule.tolerance
    if not solver <= delta / 2:
        return (
            "solver: the error of prediction and simulator is above half the tolerance",
            f"a tolerance above {2 * solver:.2g}, or a tighter solver",
        )
    if not cs.gates_open and "trials" not in cs.reason:
        way = (
            "no number of trials will do: the variance looks infinite; move away from the edge of the regime"
            if cs.hill_infinite
            else "integrate part of the randomness exactly, declare a regime with lighter tails, or more trials"
        )
        return f"regime: {cs.reason.removeprefix('regime').lstrip(': ')}", way
    mean = float(np.mean(values))
    if abs(abs(mean) - delta) < EDGE * delta:
        return "noise: the gap is on the edge of the tolerance", f"another tolerance than {delta:g}"
    room = abs(delta - abs(mean))
    needed = blocks_for(rule.level) * (cs.z * cs.sd / room) ** 2 if cs.sd and cs.z else rule.first_look
    trials = _round_up(max(needed, 1.3 * len(values)))
    return "noise: the interval is still wider than the tolerance", f"about {trials} trials"


def detectable(cs: Interval, rule: Rule, error: float) -> float | None:
    """The smallest relative error that would have been refuted with probability 0.9 at this number of trials."""
    blocks = blocks_for(rule.level)
    if not cs.trials or not np.isfinite(cs.upper):
        return None
    half = (cs.upper - cs.lower) / 2 + POWER_QUANTILE[blocks] * cs.sd / np.sqrt(cs.trials / blocks)
    return float(rule.tolerance + half + error)


def blind_spot(rule: Rule, trials: int) -> str:
    """What no statistic can see at this number of trials."""
    rare = np.log(1 / rule.level) / max(trials, 1)
    return f"effects carried by fewer than {100 * rare:.2g} % of the draws"


def costed(would: str, seconds: float) -> str:
    """What would decide, with the time that its trials take at so many seconds each, on one core."""
    found = re.search(r"(\d+) (trials|rounds)", would)
    if not found:
        return would
    cost = int(found[1]) * seconds
    text = f"{cost:.1g} s" if cost < 60 else f"{cost / 60:.0f} min" if cost < 7200 else f"{cost / 3600:.0f} h"
    return f"{would}, some {text} on one core"


def _round_up(number: float) -> int:
    magnitude = 10 ** max(int(np.floor(np.log10(number))) - 1, 0)
    return int(np.ceil(number / magnitude) * magnitude)
