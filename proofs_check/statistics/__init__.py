"""The statistical engine: confidence sequences, and one judge for each relation."""

from proofs_check.statistics import limits, verdicts  # noqa: F401 - importing them registers their judges
from proofs_check.statistics.judges import judged, require_judged, stations, trials_to_begin

__all__ = ["judged", "require_judged", "stations", "trials_to_begin"]
