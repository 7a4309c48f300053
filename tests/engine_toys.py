"""Settings of known truth that exercise the judges, trials made up in memory, and a user's file on disk."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import bdtr, bdtrc

from numerics.arrays import Array
from numerics.measure import Laboratory
from numerics.simulator import simulates
from numerics.store import Store
from numerics.streams import Stream
from proofs_check.statistics import judged
from proofs_check.statistics.evidence import Measured, Outcome, Rule, Station
from proofs_check.statistics.sequential import looks
from theory import Axis, Bound, Claim, Equality, Event, Identity, Observable, Real, Setting, Size, Source, Threshold, Wrong
from theory.evaluate import Prediction
from theory.setting import Point

SOURCE = Source("elementary")
ERROR_RATE = 1e-6  # of one comparison of a simulated share with its nominal value


class Outcomes(Setting):
    """A number per trial, m on average, s its spread; x = m·u is drawn with it. Growth changes sign at eta = m."""

    n = Size(typical=(8, 64))
    m = Real(at_least=0, typical=(0.5, 2))
    s = Real(at_least=0, typical=(0.05, 0.2))
    eta = Real(above=0, typical=(0.5, 2), per_trial=True)
    y = Observable("m + s·z, z standard normal")
    x = Observable("m·u, u uniform on [1/2, 1]")
    root = Observable("√x", certificate="root_error")
    root_error = Observable("bound of the error of root")
    growth = Observable("log(eta/x)")
    drift = Observable("log(eta/m) + s·z")
    met = Event("u above 3/4")


class Path(Setting):  # noqa: F811 - replaced below by a name of its own
    """A direction that is approached like 1/log step."""


class Turning(Setting):
    """A vector in the plane that turns towards the first axis; its angle is a·/√log(step), so 1 − cosine falls like 1/log."""

    a = Real(at_least=0, typical=(0.05, 0.1))
    step = Axis([10, 100, 1000, 10**4, 10**5])
    v = Observable("the vector", shape=(step, 2))
