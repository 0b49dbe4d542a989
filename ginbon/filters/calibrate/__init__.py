"""Calibration: from a sample of trusted text to a pack whose thresholds say how they were found and what they cost."""

from __future__ import annotations

from ginbon.filters.calibrate.calibrate import Calibration, Judged, Options, calibrate
from ginbon.filters.calibrate.methods import METHODS, Method
from ginbon.filters.calibrate.samples import Sample, Texts, gather
from ginbon.filters.calibrate.writing import to_yaml

__all__ = ["METHODS", "Calibration", "Judged", "Method", "Options", "Sample", "Texts", "calibrate", "gather", "to_yaml"]
