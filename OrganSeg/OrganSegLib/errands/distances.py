"""Distances between a target and the organs, while both may change from one request to the next.

Voxels travel as files in the request's private folder, the rest in the message. Labels are sent when they
changed; the child keeps their surfaces, which take longest to make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..handover import store, stored
from ..preprocess import crop_grid
from ..protocol import MARGINS, TARGET, Message, get_grid, get_labels, put_labels
from ..volume import Grid, Labelmap, Triple

if TYPE_CHECKING:
    from ..proximity import Proximity, Target
    from ..proximity.surface import Surface


@dataclass(frozen=True)
class Aim:
    """A target as the client knows it: voxels of any grid, or a point where there are none.

    Attributes:
        name: for tables; an organ of that name is the target itself.
        mask: [k, j, i], not 0 where the target is.
        grid: of the mask.
        point_mm: LPS.
    """

    name: str
    mask: NDArray[Any] | None = None
    grid: Grid | None = None
    point_mm: Triple | None = None


@dataclass(frozen=True)
class Distances:
    """What a request finds.

    Attributes:
        proximity: the table.
        margins: uint8 [k, j, i]; 0 beyond all margins, 1 in the narrowest and the target, 2 in the next ...
        grid: of the margins, just around them.
    """

    proximity: Proximity
    margins: NDArray[np.uint8]
    grid: Grid


def distances_request(
    run: int, folder: Path, labels: Labelmap | None, aim: Aim, margins_mm: Sequence[float]
) -> Message:
    """Store voxels in the private ``folder``; ``labels`` None stands for those of the last request."""
    target: Message = {"name": aim.name, "point_mm": aim.point_mm}
    if aim.mask is not None and aim.grid is not None:
        store(aim.mask, folder / TARGET)
        target["grid"] = asdict(aim.grid)
    return {
        "id": run,
        "op": "distances",
        "folder": str(folder),
        "labels": put_labels(labels, folder) if labels else None,
        "target": target,
        "margins_mm": list(margins_mm),
    }


def get_distances(facts: Message, folder: Path) -> Distances:
    """What the child answered; nothing in it needs ``folder`` any longer."""
    from ..proximity import Proximity

    margins = stored(folder / MARGINS)
    return Distances(Proximity.from_dict(facts["proximity"]), margins, get_grid(facts["grid"]))


class Measuring:
    """The child's side: keeps the organs between requests."""

    def __init__(self) -> None:
        self._labels: Labelmap | None = None
        self._surfaces: dict[int, Surface] = {}

    def answer(self, request: Message) -> Message:
        """Measure what `distances_request` asked for.

        Raises:
            InputError: as `proximity.Target.of_mask` and `proximity.measure_proximity`.
        """
        from ..proximity import measure_proximity
        from ..proximity.vicinity import vicinity

        folder = Path(request["folder"])
        if request["labels"]:
            self._take(get_labels(request["labels"], folder))
        if self._labels is None:
            raise ValueError("distances were asked for before there were labels")
        target, margins_mm = _target(request["target"], folder), sorted(request["margins_mm"])
        found = measure_proximity(self._labels, target, margins_mm, self._surfaces)
        near = vicinity(target, self._labels.grid, margins_mm)
        margins = np.zeros(near.mm.shape, np.uint8)
        for number, mm in reversed(list(enumerate(margins_mm, 1))):
            margins[near.mm <= mm] = number
        store(margins, folder / MARGINS)
        return {"proximity": asdict(found), "grid": asdict(near.grid)}

    def _take(self, labels: Labelmap) -> None:
        """Make the surfaces of organs that changed."""
        changed = _changed(self._labels, labels)
        kept = {label: surface for label, surface in self._surfaces.items() if label not in changed}
        self._labels, self._surfaces = labels, kept | _surfaces(labels, changed)


def _target(facts: Mapping[str, Any], folder: Path) -> Target:
    from ..proximity import Target

    if "grid" in facts:
        mask = stored(folder / TARGET)
        return Target.of_mask(mask, get_grid(facts["grid"]), facts["name"])
    return Target.of_point(tuple(facts["point_mm"]), name=facts["name"])


def _changed(before: Labelmap | None, after: Labelmap) -> set[int]:
    """Labels whose voxels are no longer those that they were."""
    if before is None or before.grid != after.grid or before.organs != after.organs:
        return set(after.organs)
    differs = before.voxels != after.voxels
    return {*np.unique(before.voxels[differs]).tolist(), *np.unique(after.voxels[differs]).tolist()} - {0}


def _surfaces(labels: Labelmap, wanted: set[int]) -> dict[int, Surface]:
    """Surfaces of some organs, looked for in the box that holds them."""
    from scipy.ndimage import find_objects

    from ..proximity import organ_surfaces

    boxes = [box for n, box in enumerate(find_objects(labels.voxels), 1) if box and n in wanted]
    if not boxes:
        return {}
    ends = zip(*boxes, strict=True)
    k, j, i = (slice(min(s.start for s in axis), max(s.stop for s in axis)) for axis in ends)
    organs = {label: organ for label, organ in labels.organs.items() if label in wanted}
    return organ_surfaces(Labelmap(labels.voxels[k, j, i], crop_grid(labels.grid, (k, j, i)), organs))
