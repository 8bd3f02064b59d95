"""Training: `fit` learns weights, stops and resumes exactly, and leaves a log that `log_entries` reads."""

from .checkpoint import trained_weights
from .log import curve_of, log_entries
from .session import Stopped
from .train import FitResult, fit

__all__ = ["FitResult", "Stopped", "curve_of", "fit", "log_entries", "trained_weights"]
