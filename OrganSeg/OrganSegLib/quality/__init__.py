"""Should the surgeon trust this organ, and this scan? One flag with a sentence for each reason for doubt."""

from .kinds import Flag, OrganTrust
from .organ import ABSENT, assess
from .scan import check_scan

__all__ = ["ABSENT", "Flag", "OrganTrust", "assess", "check_scan"]
