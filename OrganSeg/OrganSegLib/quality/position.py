"""Does an organ lie where it should, and reach as far as it should?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..field import FACES, Field
from ..measure import OrganMeasurements
from .anatomy import Faces, anatomy
from .kinds import Flag
from .place import Neighbours

# Standard deviations among adults beyond which all of an organ, or one end of it, is wrong.
SHIFTED, SHORT, LONG = 2.5, 3.0, 3.0
LEAST_MM = 30.0  # nearer, it is a matter of where an organ is said to begin
VISIBLY_MM = 10.0  # of the field of view, in which an organ that reaches beyond would be seen
ALIKE = 0.5  # of the shift: both ends of an organ that is misplaced have moved that far
ACROSS_MM = 10.0  # beyond the midline
SEEN, UNSEEN = 0.6, 0.2  # share of an organ's place that the field of view shows
TUBES, LENGTHWISE = ("aorta", "inferior_vena_cava", "esophagus", "spine"), ("lower", "upper")
OFTEN_REMOVED = ("gallbladder",)
ABSENT = Flag("absent", "note", "This organ was not found in the scan.")  # nothing tells where it would be
OUTWARDS = np.array([-1, -1, -1, 1, 1, 1])
TOWARDS = ("further right", "further forward", "lower", "further left", "further back", "higher")


def not_found(name: str, neighbours: Neighbours, field: Field) -> Flag:
    """``outside_field`` where the scan does not show where the organ lies, else ``absent``."""
    expected = neighbours.expected(name)
    if expected is None:
        return ABSENT
    seen = _share_seen(expected, field)
    if seen < UNSEEN:
        return Flag("outside_field", "note", "Not found: the scan does not reach where this organ lies.")
    if seen < SEEN:
        return Flag("absent", "note", "This organ was not found; the scan shows only a part of its place.")
    if name in OFTEN_REMOVED:
        return Flag("absent", "note", "This organ was not found: it may be empty or removed, or was missed.")
    sentence = "This organ was not found where the scan shows its place: it was missed, or is not there."
    return Flag("absent", "warning", sentence)


def _share_seen(box: Faces, field: Field) -> float:
    """Share of an LPS box that lies in the part of the grid that was scanned."""
    low, high = field.bounds_mm
    overlap = np.minimum(box[3:], high) - np.maximum(box[:3], low)
    return float(np.prod(overlap.clip(0) / (box[3:] - box[:3])))


def midline(found: Sequence[OrganMeasurements], body_middle: float) -> float:
    """L coordinate that parts left from right, in a mirrored body, too.

    Args:
        found: organs; the spine and pairs tell.
        body_middle: what the body tells, see `Body.middle_mm`.
    """
    at = {organ.name: organ.centroid_mm[0] for organ in found if organ.centroid_mm}
    pairs = [(at[left], at.get(left.replace("_left", "_right"))) for left in at if left.endswith("_left")]
    middles = [(left + right) / 2 for left, right in pairs if right is not None]
    spine = [at["spine"]] * 2 if "spine" in at else []  # it tells best
    return float(np.median([*middles, *spine, body_middle]))


def on_wrong_side(
    organ: OrganMeasurements, side: str, middle: float | None, partner: OrganMeasurements | None
) -> list[Flag]:
    """``wrong_side``: beyond the midline, or on the far side of the other organ of its pair.

    Args:
        organ: that was found.
        side: of the body that it lies on, ``""`` where it has none.
        middle: L coordinate of the midline; None for what may reach beyond it, such as a vein.
        partner: its counterpart, if that was found.
    """
    if not side or organ.centroid_mm is None:
        return []
    sign = 1 if side == "left" else -1
    across = middle is not None and sign * (organ.centroid_mm[0] - middle) < -ACROSS_MM
    swapped = partner and partner.centroid_mm and sign * (organ.centroid_mm[0] - partner.centroid_mm[0]) < 0
    if not across and not swapped:
        return []
    other = "right" if side == "left" else "left"
    sentence = f"It lies on the patient's {other}: mislabelled, or the images or the organs are mirrored."
    return [Flag("wrong_side", "warning", sentence)]


def out_of_place(name: str, neighbours: Neighbours, field: Field, blunt: Sequence[str]) -> list[Flag]:
    """``misplaced``, ``incomplete`` or ``leaked``, by where the faces of an organ's box lie.

    Args:
        name: of an organ that was found.
        neighbours: all organs.
        field: of the scan.
        blunt: faces at which the organ ends as if it were cut off.
    """
    expected = neighbours.expected(name)
    if expected is None:
        return _abrupt(blunt)
    faces, cut = neighbours.of_organ(name)
    spread = anatomy()[name].spread
    low, high = field.bounds_mm
    in_view = np.clip(expected, np.tile(low, 2), np.tile(high, 2))
    reach = OUTWARDS * (faces - expected)
    if name in TUBES:  # they end as abruptly where they should
        blunt = [face for face in blunt if face not in LENGTHWISE or -reach[FACES.index(face)] > LEAST_MM]
    return _misplaced(faces - expected, cut, spread) or [
        *(_abrupt(blunt) or _short(-reach, OUTWARDS * (in_view - faces), cut, spread)),
        *_long(reach, spread),
    ]


def _abrupt(blunt: Sequence[str]) -> list[Flag]:
    return [_incomplete(face, "ends abruptly") for face in blunt[:1]]


def _misplaced(off: Faces, cut: NDArray[np.bool_], spread: Faces) -> list[Flag]:
    """Both ends of the organ lie too far the same way."""
    begin, end = off[:3], off[3:]
    shift = (begin + end) / 2
    far = np.abs(shift) / np.maximum((spread[:3] + spread[3:]) / 2, LEAST_MM / SHIFTED)
    alike = (begin * end > 0) & (np.minimum(np.abs(begin), np.abs(end)) > ALIKE * np.abs(shift))
    far[cut[:3] | cut[3:] | ~alike] = 0
    axis = int(far.argmax())
    if far[axis] <= SHIFTED:
        return []
    way = TOWARDS[axis + 3 * int(shift[axis] > 0)]
    sentence = f"It lies {_cm(shift[axis])} {way} than the organs around it suggest."
    return [Flag("misplaced", "warning", sentence)]


def _short(missing: Faces, in_view: Faces, cut: NDArray[np.bool_], spread: Faces) -> list[Flag]:
    """An end does not reach as far as it should, and visibly so: ``in_view`` is what of it should be seen.

    What the field of view leaves of an organ may end anywhere, but for the end opposite to where it is cut.
    """
    opposite = np.roll(cut, 3)
    judged = ~cut & (opposite | ~cut.any()) & (in_view > VISIBLY_MM)
    short = np.where(judged, missing / np.maximum(spread, LEAST_MM / SHORT), 0)
    face = int(short.argmax())
    if short[face] <= SHORT:
        return []
    return [_incomplete(FACES[face], f"ends {_cm(missing[face])} earlier than the organs around it suggest")]


def _long(reach: Faces, spread: Faces) -> list[Flag]:
    """An end reaches further than it should."""
    long = reach / np.maximum(spread, LEAST_MM / LONG)
    face = int(long.argmax())
    if long[face] <= LONG:
        return []
    sentence = f"It reaches {_cm(reach[face])} {TOWARDS[face]} than the organs around it suggest."
    return [Flag("leaked", "warning", sentence)]


def _incomplete(face: str, how: str) -> Flag:
    return Flag("incomplete", "warning", f"At its {face} end it {how}: a part of it is missing.")


def _cm(mm: float) -> str:
    return f"{abs(mm) / 10:.0f} cm"
