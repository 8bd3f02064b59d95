"""Proximity: how far a lesion, or any other target, is from the structures that matter.

`measure_proximity` takes a labelmap and a `Target` and gives a `Proximity`; `margin_mask` gives a margin as
voxels; `write_proximity` and `read_proximity` keep the table in a result folder.
"""

from .files import read_proximity, write_proximity
from .kinds import Margin, OrganProximity, Proximity
from .measure import MARGINS_MM, measure_proximity
from .surface import organ_surfaces
from .target import Target
from .target_file import find_target, read_target
from .vicinity import margin_mask

__all__ = [
    "MARGINS_MM",
    "Margin",
    "OrganProximity",
    "Proximity",
    "Target",
    "find_target",
    "margin_mask",
    "measure_proximity",
    "organ_surfaces",
    "read_proximity",
    "read_target",
    "write_proximity",
]
