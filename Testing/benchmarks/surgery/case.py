"""What is measured: a computed person of 512 x 512 x 400 voxels, twenty organs, a lesion in the liver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from OrganSegLib.measure import measure
from OrganSegLib.organs import organ_named
from OrganSegLib.phantom import make_phantom
from OrganSegLib.proximity import Target
from OrganSegLib.volume import Grid, Labelmap, Scan

from ..case import Size

FULL = Size((512, 512, 400), (0.78, 0.78, 1.5))
QUICK = Size((80, 80, 75), (5.0, 5.0, 8.0))
SEED = 1
SACRUM = 20
SACRUM_SHARE = 0.2  # of the slices from the lowest one up
LESION_MM = 12.0


def make_case(size: Size) -> tuple[Scan, Labelmap, Target]:
    """The phantom's trunk without contrast, its spine divided into spine and sacrum; a ball in the liver."""
    grid = _grid(size)
    scan, labelmap = make_phantom(SEED, grid=grid, contrast="native")
    labelmap = _with_sacrum(labelmap)
    liver = next(organ for organ in measure(scan, labelmap) if organ.name == "liver")
    assert liver.centroid_mm is not None
    return scan, labelmap, Target.of_point(liver.centroid_mm, LESION_MM, "lesion")


def _grid(size: Size) -> Grid:
    """Around the trunk, whose middle lies near the origin."""
    extent = np.multiply(size.voxels, size.spacing_mm)
    i, j, k = (float(mm) for mm in -extent / 2)
    return Grid(size.voxels, size.spacing_mm, (i, j, k + 10.0))


def _with_sacrum(labelmap: Labelmap) -> Labelmap:
    names = {organ.name: label for label, organ in labelmap.organs.items()}
    low = labelmap.voxels[: int(SACRUM_SHARE * len(labelmap.voxels))]
    low[low == names["spine"]] = SACRUM
    return replace(labelmap, organs={**labelmap.organs, SACRUM: organ_named("sacrum")})
