"""Reasons to doubt an organ that was segmented, or not found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..field import Field
from ..measure import OrganMeasurements
from ..organs import Organ, catalogue
from ..runtimes import usable_cores
from ..volume import Labelmap, Scan
from .anatomy import anatomy
from .body import Body
from .edges import cut_through, misfit
from .kinds import Flag, OrganTrust
from .place import Neighbours
from .position import midline, not_found, on_wrong_side, out_of_place
from .shape import broken_up, straight_ends
from .size import unusual_volume
from .tissue import foreign
from .view import look

if TYPE_CHECKING:
    from .uncertainty import Uncertainty

OTHER_SIDE = {"left": "right", "right": "left"}


def assess(
    scan: Scan,
    labelmap: Labelmap,
    measurements: Sequence[OrganMeasurements],
    uncertainty: Mapping[int, Uncertainty] | None = None,
) -> list[OrganTrust]:
    """Judge every organ that was measured, in the same order.

    Organs are judged by themselves and by each other, so the more of them are in the labelmap, the better.

    Args:
        scan, labelmap: on one grid.
        measurements: of the organs in ``labelmap.organs``.
        uncertainty: label value -> how unsure the network was; None where it was not asked.
    """
    field = Field.of(scan)
    found = [organ for organ in measurements if organ.extent]
    with ThreadPoolExecutor(usable_cores()) as pool:
        own = dict(pool.map(lambda organ: (organ.label, _look(scan, labelmap, organ, field)), found))
    neighbours = Neighbours.of(found, {label: seen.cut_faces for label, seen in own.items()})
    middle = midline(found, Body.of(scan, field).middle_mm)
    by_name = {organ.name: organ for organ in found}

    def flags(organ: OrganMeasurements) -> list[Flag]:
        if organ.label not in own:
            return [not_found(organ.name, neighbours, field)]
        seen = own[organ.label]
        doubts = [*seen.flags, *_cut_off(seen.cut_faces)]
        doubts += unusual_volume(organ.volume_ml, bool(seen.cut_faces), seen.organ)
        partner = by_name.get(_partner(organ.name))
        if normal := anatomy().get(organ.name):
            doubts += on_wrong_side(organ, normal.side, middle, partner)
            doubts += out_of_place(organ.name, neighbours, field, seen.blunt)
        else:
            doubts += on_wrong_side(organ, seen.organ.side, None, partner)
        return sorted(doubts, key=lambda flag: flag.level != "warning")

    trust = [OrganTrust(organ.name, organ.label, tuple(flags(organ))) for organ in measurements]
    return [_with(organ, (uncertainty or {}).get(organ.label)) for organ in trust]


def _with(organ: OrganTrust, doubt: Uncertainty | None) -> OrganTrust:
    """The same organ and the network's own doubt."""
    if doubt is None:
        return organ
    flags = (*doubt.flags, *organ.flags)
    return replace(organ, flags=flags, entropy=doubt.entropy, border_entropy=doubt.border_entropy)


@dataclass(frozen=True)
class _Look:
    """What an organ tells by itself: its flags, where it ends bluntly and where the field of view cuts it."""

    organ: Organ
    flags: list[Flag]
    blunt: list[str]
    cut_faces: tuple[str, ...]


def _look(scan: Scan, labelmap: Labelmap, found: OrganMeasurements, field: Field) -> _Look:
    organ = labelmap.organs[found.label]
    organ = catalogue().get(organ.name, organ)  # the range that a model was made with may be older
    view = look(scan, labelmap, found, field)
    if organ.name not in anatomy():  # nobody says what is normal for it
        return _Look(organ, [], [], view.cut_faces)
    normal = anatomy()[organ.name]
    flags = broken_up(view, organ) + foreign(view, normal) + misfit(view, normal.tissue)
    blunt = straight_ends(view, organ, labelmap.grid) + cut_through(view, normal.tissue, labelmap.grid)
    return _Look(organ, flags, blunt, view.cut_faces)


def _cut_off(faces: Sequence[str]) -> list[Flag]:
    if not faces:
        return []
    ends = " and ".join(faces)
    sentence = f"The field of view cuts it off at its {ends} end: the volume is that of the visible part."
    return [Flag("truncated", "note", sentence)]


def _partner(name: str) -> str:
    """``rib_left_7`` -> ``rib_right_7``."""
    return "_".join(OTHER_SIDE.get(word, word) for word in name.split("_"))
