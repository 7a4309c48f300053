"""Samples shared out among sources whose errors add up."""

from theory.domain import Size, Spectrum
from theory.setting import Observable, Setting


class Allocation(Setting):
    """An estimate Σₜ nuₜ·x̄ₜ of 0: x̄ₜ is the mean of nₜ independent standard normal numbers, and Σₜ nₜ is near N.

    nₜ is the whole number nearest to N times a source's share, and at least 1. The shares are proportional to nuₜ,
    or to nuₜ², or all alike; the three estimates share no numbers. Each is made R = 64 times.
    """

    N = Size(typical=(400, 4000))
    nu = Spectrum(typical=("[1,0.5,0.5,0.25,0.75]", "[4,2,1,1]", "[1,1,0.5,0.5]", "power(0.5,6)"))
    by_size = Observable("mean squared error, shares proportional to nuₜ", between=(0, None))
    by_square = Observable("mean squared error, shares proportional to nuₜ²", between=(0, None))
    alike = Observable("mean squared error, all shares alike", between=(0, None))
