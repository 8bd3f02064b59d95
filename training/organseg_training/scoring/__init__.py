"""How well found organs agree with the truth: one organ in one scan, one scan, many scans."""

from .evaluation import PARTS, Evaluation, Part, ScanScore
from .organ import METRICS, OrganScore, score_organs
from .summary import OrganSummary, Spread, summarise

__all__ = [
    "METRICS",
    "PARTS",
    "Evaluation",
    "OrganScore",
    "OrganSummary",
    "Part",
    "ScanScore",
    "Spread",
    "score_organs",
    "summarise",
]
