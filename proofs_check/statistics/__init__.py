"""The statistical engine: confidence sequences, and one judge for each relation."""

from proofs_check.statistics import judges  # noqa: F401 - importing them registers them
from proofs_check.statistics.judging import judged, require_judged, stations, trials_to_begin

__all__ = ["judged", "require_judged", "stations", "trials_to_begin"]
