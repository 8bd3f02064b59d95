"""How well found organs agree with the truth: one organ in one scan, then over many scans."""

from .organ import METRICS, OrganScore, score_organs
from .summary import OrganSummary, Spread, summarise

__all__ = ["METRICS", "OrganScore", "OrganSummary", "Spread", "score_organs", "summarise"]
