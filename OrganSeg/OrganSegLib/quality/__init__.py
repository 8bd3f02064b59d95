"""Should the surgeon trust this organ, and this scan? One flag with a sentence for each reason for doubt."""

from .contrast import contrast_phase
from .kinds import CHECKED, MARKS, NO_DOUBTS, WORDS, Flag, OrganTrust
from .organ import assess
from .position import ABSENT
from .scan import check_scan

__all__ = [
    "ABSENT",
    "CHECKED",
    "MARKS",
    "NO_DOUBTS",
    "WORDS",
    "Flag",
    "OrganTrust",
    "assess",
    "check_scan",
    "contrast_phase",
]
