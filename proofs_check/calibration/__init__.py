"""Calibration: the engine's own false alarms, false supports and power, on toys of known truth."""

from proofs_check.calibration.conduct import calibrate
from proofs_check.calibration.results import Calibration

__all__ = ["Calibration", "calibrate"]
