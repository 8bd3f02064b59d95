"""How near a target is to every organ: distances, contact, encasement, and what safety margins take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..volume import Labelmap
from .contact import Facets, contact_areas, in_contact
from .distance import Departure
from .encasement import encasement_deg, is_vessel
from .kinds import OrganProximity, Proximity
from .surface import Surface, half_voxel_mm, organ_surfaces
from .target import Target
from .vicinity import Vicinity, triple, values_at, vicinity
from .volumes import Volumes

MARGINS_MM = (5.0, 10.0)  # 10 mm is the margin that surgeons traditionally plan around a liver metastasis


def measure_proximity(
    labelmap: Labelmap,
    target: Target,
    margins_mm: Sequence[float] = MARGINS_MM,
    surfaces: Mapping[int, Surface] | None = None,
) -> Proximity:
    """Measure how near ``target`` is to every organ of the labelmap, found or not.

    Distances are Euclidean, in patient millimetres whatever the grid, between the closed surfaces of target
    and organ, triangle to triangle; `surface.organ_surfaces` says how well these stand for the true border.
    Where voxels of both overlap or share a face, the distance is 0.

    Volumes are those of whole voxels. A voxel lies in a margin when its centre is no farther from the
    target's surface; what overlaps the target lies in every margin.

    Args:
        labelmap: organs on any grid.
        target: on the same or any other grid. An organ of its name that lies wholly in it is the target,
            and left out.
        margins_mm: radii of the safety margins.
        surfaces: of the same labelmap, from `surface.organ_surfaces`, to be kept while targets change; made
            here when None.

    Raises:
        InputError: ``input.target_outside``, ``input.bad_margin``.
    """
    margins = tuple(sorted({float(mm) for mm in margins_mm}))
    near = vicinity(target, labelmap.grid, margins)
    if surfaces is None:
        surfaces = organ_surfaces(labelmap)
    measuring = _Measuring(labelmap, target, near, margins)
    organs = [
        measuring.organ(label, surfaces)
        for label, organ in sorted(labelmap.organs.items())
        if not (organ.name == target.name and measuring.is_inside(label))
    ]
    within = target.within_mm + half_voxel_mm(labelmap.grid)
    return Proximity(target.name, target.volume_ml, margins, tuple(organs), within)


class _Measuring:
    """One organ after the other, with what is the same for all."""

    def __init__(
        self, labelmap: Labelmap, target: Target, near: Vicinity, margins_mm: Sequence[float]
    ) -> None:
        self._labelmap, self._near = labelmap, near
        self._volumes = Volumes(labelmap, near, margins_mm)
        self._departure = Departure(target.surface)
        self._under = values_at(labelmap.voxels, labelmap.grid, self._departure.samples)
        self._contact_mm2 = contact_areas(self._volumes.labels, near, Facets.of(target.surface))

    def is_inside(self, label: int) -> bool:
        """All of the organ lies in the target."""
        whole_ml = self._volumes.volume_ml(label)
        return whole_ml > 0 and self._volumes.overlap_ml(label) == whole_ml

    def organ(self, label: int, surfaces: Mapping[int, Surface]) -> OrganProximity:
        name, volumes = self._labelmap.organs[label].name, self._volumes
        status = volumes.status(label)
        if status == "absent":
            return OrganProximity(name, label)
        surface = surfaces[label]
        mm = self._departure.to(surface)
        if status == "apart":
            approach = self._departure.approach(surface, mm)
            least, ends = approach.mm, (triple(approach.on_target), triple(approach.on_organ))
        else:
            least, ends = 0.0, (volumes.meeting_place(label),) * 2
        return OrganProximity(
            name,
            label,
            status,
            least,
            self._departure.mean(surface, mm, self._under == label),
            *ends,
            float(self._contact_mm2[label]),
            self._encasement_deg(label, surface) if is_vessel(name) else None,
            volumes.volume_ml(label),
            volumes.overlap_ml(label),
            volumes.margins(label),
        )

    def _encasement_deg(self, label: int, surface: Surface) -> float:
        facets = Facets.of(surface)
        return encasement_deg(self._labelmap, label, facets, in_contact(self._near, facets))
