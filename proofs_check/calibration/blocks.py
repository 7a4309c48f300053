"""The confidence sequence of one block: how often it misses the mean, and what several blocks together make of it.

Levels too small to be measured rest on K blocks that must all agree. Blocks are independent, so the hull of K misses on
one side with the product of their probabilities: measured at the block's own level, and then multiplied.
"""

from numpy.random import Generator

from proofs_check.calibration.laws import LAWS, REACH
from proofs_check.statistics.moments import moments
from proofs_check.statistics.sequential import block_ends, block_level, blocks_for, looks

MEAN = "mean of one block"
FIRST_LOOK, SPREAD = 256, 10.0  # trials; s.d. of a trial in tolerances
MULTIPLIED = (1e-5, 1e-8)
COARSE, COARSE_RUNS = 1e-2, 10_000  # a level that fewer runs settle


def own_level(level: float) -> float:
    """The two-sided level 2a that each of the K blocks of a verdict at a small level works at."""
    return 2 * block_level(level, blocks_for(level))


LEVELS = tuple(sorted((COARSE, 1e-3, *map(own_level, MULTIPLIED)), reverse=True))


def misses(law: str, rng: Generator, levels: tuple[float, ...]) -> dict[str, int]:
    """At which levels a block misses its mean at any look: on which side with open gates, and without the gates."""
    last = REACH[law] * FIRST_LOOK
    values = SPREAD * LAWS[law](rng, last)
    happened: dict[str, int] = {"trials": last}
    for trials in looks(FIRST_LOOK, last):
        block = moments(values[:trials])
        for level in levels:
            ends = block_ends(block, side=level / 2, tolerance=1.0)
            if ends.lower <= 0 <= ends.upper:
                break  # intervals of smaller levels contain this one
            happened[f"{level:g} ungated"] = 1
            if not block.closed(ends.z, FIRST_LOOK):
                happened[f"{level:g} {'below' if ends.upper < 0 else 'above'}"] = 1
    return happened
