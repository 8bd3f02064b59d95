"""Whether the network's doubts foretell its mistakes, and from when on to warn of an organ."""

from .calibration import FILE, Calibration, Summary, markdown
from .measure import calibrate
from .thresholds import Pair, choose_thresholds

__all__ = ["FILE", "Calibration", "Pair", "Summary", "calibrate", "choose_thresholds", "markdown"]
