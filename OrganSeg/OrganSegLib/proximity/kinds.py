"""What proximity consists of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..plain import built
from ..volume import Triple

Status = Literal["absent", "apart", "touching", "overlapping"]
HALF_TURN_DEG = 180.0


@dataclass(frozen=True)
class Margin:
    """What a safety margin takes of an organ: all voxels whose centres lie in the target or near it.

    Attributes:
        mm: how near.
        inside_ml, inside_percent: of the organ, inside target or margin.
        remaining_ml, remaining_percent: of the organ, after both are taken away; of the liver, the future
            liver remnant of a resection that takes nothing else.
        leaves: the margin reaches out of the organ; None where the target neither touches nor overlaps it.
    """

    mm: float
    inside_ml: float
    inside_percent: float
    remaining_ml: float
    remaining_percent: float
    leaves: bool | None


@dataclass(frozen=True)
class OrganProximity:
    """How near the target is to one organ. An absent organ has None for everything else.

    Attributes:
        name, label: as in the organ's measurements.
        status: ``overlapping`` (a voxel belongs to both), ``touching`` (voxels share a face), ``apart`` or
            ``absent``.
        distance_mm: least distance between both closed surfaces; 0 when touching or overlapping.
        mean_distance_mm: mean over the target's surface of the distance to the organ, 0 inside it.
        on_target, on_organ: where they come closest, LPS; the same place when touching or overlapping.
        contact_mm2: area of the target's surface with the organ next to it.
        encasement_deg: largest part of a vessel's circumference in contact with the target, 0 to 360;
            None for other organs.
        volume_ml: of the organ.
        overlap_ml: of the organ, inside the target.
        margins: one per safety margin, narrowest first.
    """

    name: str
    label: int
    status: Status = "absent"
    distance_mm: float | None = None
    mean_distance_mm: float | None = None
    on_target: Triple | None = None
    on_organ: Triple | None = None
    contact_mm2: float | None = None
    encasement_deg: float | None = None
    volume_ml: float | None = None
    overlap_ml: float | None = None
    margins: tuple[Margin, ...] = ()

    @property
    def grade(self) -> Literal["", "none", "abutment", "encasement"]:
        """A vessel's contact in the words of the NCCN's guidelines; ``""`` for other organs.

        Abutment is contact of at most half the circumference, encasement of more (NCCN Guidelines, Pancreatic
        Adenocarcinoma, criteria of resectability; after Lu et al. 1997, AJR 168:1439).
        """
        if self.encasement_deg is None:
            return ""
        if self.encasement_deg == 0:
            return "none"
        return "abutment" if self.encasement_deg <= HALF_TURN_DEG else "encasement"


@dataclass(frozen=True)
class Proximity:
    """How near a target is to every organ.

    Attributes:
        target: its name.
        target_ml: its volume.
        margins_mm: the safety margins, narrowest first.
        organs: in label order, less the one that is the target itself.
        within_mm: what distances between surfaces are right to, see `surface.half_voxel_mm`.
    """

    target: str
    target_ml: float
    margins_mm: tuple[float, ...]
    organs: tuple[OrganProximity, ...]
    within_mm: float

    @property
    def nearest_first(self) -> list[OrganProximity]:
        """The organs by distance, then by how much of them is in contact; absent ones last."""
        return sorted(self.organs, key=_remoteness)

    def without_name(self, organs: Collection[str]) -> Proximity:
        """The same, less a name that a person gave the target; those of ``organs`` name nobody."""
        return self if self.target in organs else replace(self, target="name left out")

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Proximity:
        """Inverse of `dataclasses.asdict`; other keys are left alone.

        Raises:
            KeyError, ValueError: when the facts are others.
        """
        found: Proximity = built(cls, facts)
        return found


def _remoteness(organ: OrganProximity) -> tuple[float, float]:
    if organ.distance_mm is None:
        return float("inf"), 0.0
    return organ.distance_mm, -(organ.contact_mm2 or 0.0)
