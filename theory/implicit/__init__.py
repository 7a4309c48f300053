"""Predictions given by self-consistent equations: roots, systems of them, certified, and their derivatives."""

from theory.implicit.root import Continued, Root, blocks
from theory.implicit.slopes import slope
from theory.implicit.solution import Solution, read_at, solution, solve

__all__ = ["Continued", "Root", "Solution", "blocks", "read_at", "slope", "solution", "solve"]
