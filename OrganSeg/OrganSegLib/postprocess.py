"""Tidies the network's answer on its own grid: islands go, holes close, and left is the patient's left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from .boxes import organ_boxes
from .plan import Plan
from .scores import TOUCHING, Labels
from .volume import Grid, Note

MIN_SHARE = 0.05  # of an organ's largest piece: what is smaller is an island, whatever the organ
LEAST_SHARE = 0.01  # of the least that an adult's organ measures: what is smaller is not that organ
TELL_ML = 1.0  # smaller changes are not worth a note
MIDLINE_MM = 10.0  # how far beyond every midline a piece must lie to be on the wrong side


def clean(
    raw: Labels, grid: Grid, plan: Plan, body: NDArray[np.bool_] | None = None
) -> tuple[Labels, list[tuple[int, Note]]]:
    """The most likely organ of each voxel, without islands, holes and swapped sides.

    Of each organ the largest pieces stay, at most as many as are normal for it, and none that is too small to
    be even a part of it. A piece of a paired organ that lies wholly on the other side of the body becomes its
    partner's first, and stays if it is the partner's largest piece or touches it. Holes are filled from
    background only. A plan may do without all this.

    Args:
        raw: label values that the network thinks most likely, (z, y, x), see `argmax`; left as they are.
        grid: where they are.
        plan: which label is which organ.
        body: where organs can lie, (z, y, x), see `preprocess.body_mask`; everywhere when None.

    Returns:
        Label values, (z, y, x), of the same type, and for each large change the organ's label value and a
        note, ``clean.side`` or ``clean.island``.
    """
    labels = raw.copy()
    if body is not None:
        labels[~body] = 0
    if not plan.tidy:
        return labels, []
    notes = [*_correct_sides(labels, grid, plan), *_drop_islands(labels, grid, plan)]
    _fill_holes(labels)
    return labels, notes


def _correct_sides(labels: Labels, grid: Grid, plan: Plan) -> list[tuple[int, Note]]:
    """Give the pieces of a paired organ that lie wholly on the other side of the body to its partner."""
    partners = _partners(plan)
    right_of, left_of = _beyond_midlines(labels, grid, plan)
    moves, notes = [], []
    for value, box in organ_boxes(labels):
        if value not in partners:
            continue
        organ = plan.organs[value]
        mask = labels[box] == value
        wrong = (right_of if organ.side == "left" else left_of)[box[0], None, box[2]]
        if not (mask & wrong).any():
            continue
        pieces, count = ndi.label(mask, TOUCHING)
        sizes = np.bincount(pieces.ravel())
        right_place = np.bincount(pieces[mask & ~wrong], minlength=count + 1) > 0
        right_place[0] = True
        moves.append((box, ~right_place[pieces], partners[value]))
        moved = int(sizes[~right_place].sum())
        if _is_large(moved, int(mask.sum()), grid):
            sentence = f"{_ml(moved, grid)} named {organ.title.lower()} lay on the other side of the body"
            notes.append((value, Note("clean.side", f"{sentence} and was counted as its partner's.")))
    for box, mask, partner in moves:  # only now: a piece must not be judged, or moved, twice
        labels[box][mask] = partner
    return notes


def _partners(plan: Plan) -> dict[int, int]:
    """Label value of a paired organ -> that of the same organ on the other side."""
    sided = {(organ.name.replace(organ.side, ""), organ.side): value for value, organ in plan.organs.items()}
    other = {"left": "right", "right": "left"}
    pairs = {value: sided.get((stem, other.get(side, ""))) for (stem, side), value in sided.items() if side}
    return {value: partner for value, partner in pairs.items() if partner is not None}


def _beyond_midlines(labels: Labels, grid: Grid, plan: Plan) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where (z, x) is surely the patient's right, and where surely the left.

    A curved spine and a scan that is not centred on the body both mislead: only what lies beyond the spine
    at its height and beyond the middle of the body's crop is sure.
    """
    planes, columns = labels.shape[0], labels.shape[2]
    centre = np.full(planes, (columns - 1) / 2)
    midlines = [centre]
    for value, organ in plan.organs.items():
        if organ.name == "spine":
            midlines.append(_medians(labels == value, centre))
    tolerance = MIDLINE_MM / grid.spacing_mm[0]
    x = np.arange(columns)
    right_of = x < np.min(midlines, axis=0)[:, None] - tolerance
    left_of = x > np.max(midlines, axis=0)[:, None] + tolerance
    return right_of, left_of


def _medians(mask: NDArray[np.bool_], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median x of each plane of ``mask``; planes without any take the nearest plane's."""
    count = mask.sum(axis=1).cumsum(axis=1)
    seen = np.flatnonzero(count[:, -1])
    if not len(seen):
        return otherwise
    medians = (2 * count[seen] >= count[seen, -1:]).argmax(axis=1)
    everywhere: NDArray[np.float64] = np.interp(np.arange(len(mask)), seen, medians)
    return everywhere


def _drop_islands(labels: Labels, grid: Grid, plan: Plan) -> list[tuple[int, Note]]:
    """Keep the largest plausible pieces of each organ, at most as many as are normal."""
    notes = []
    for value, box in organ_boxes(labels):
        organ, part = plan.organs[value], labels[box]
        pieces, _ = ndi.label(part == value, TOUCHING)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        kept = np.argsort(-sizes, kind="stable")[: organ.components]
        low_ml, _ = organ.volume_ml or (0.0, None)
        kept = kept[sizes[kept] >= max(MIN_SHARE * sizes.max(), LEAST_SHARE * low_ml / grid.voxel_ml)]
        dropped = sizes > 0
        dropped[kept] = False
        part[dropped[pieces]] = 0
        largest = int(sizes[dropped].max(initial=0))
        if _is_large(largest, int(sizes.max()), grid):
            sentence = f"A separate piece of {_ml(largest, grid)} named {organ.title.lower()} was left out."
            notes.append((value, Note("clean.island", sentence)))
    return notes


def _fill_holes(labels: Labels) -> None:
    """Give background that an organ encloses on all sides to the organ."""
    for value, box in organ_boxes(labels):
        part = labels[box]
        outside, count = ndi.label(np.pad(part != value, 1, constant_values=True))
        if count > 1:
            hole = outside[1:-1, 1:-1, 1:-1] != outside[0, 0, 0]
            part[hole & (part == 0)] = value


def _is_large(voxels: int, of: int, grid: Grid) -> bool:
    return voxels >= MIN_SHARE * of and voxels * grid.voxel_ml >= TELL_ML


def _ml(voxels: int, grid: Grid) -> str:
    return f"{voxels * grid.voxel_ml:.1f} ml"
