"""Puts a person into a scanner: size, pose and phase by seed, then every voxel of a grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..organs import catalogue
from ..volume import Grid, Labelmap, Scan, Source, Triple
from . import abdomen, bones, chest, frame, head
from .body import LABELS, PHASES, Body, tissues
from .canvas import Array, Canvas, Pose, turned

# Body z of what each region shows, millimetres from the first lumbar vertebra.
REGIONS = {
    "torso": (-300.0, 320.0),
    "abdomen": (-150.0, 140.0),
    "chest": (40.0, 320.0),
    "head": (290.0, 600.0),
}

# From the outside in: a later part takes the voxels of an earlier one, so labels never overlap.
_PARTS = (
    frame.paint_torso,
    head.paint_head,
    bones.paint_skeleton,
    chest.paint_lungs,
    abdomen.paint_small_bowel,
    abdomen.paint_colon,
    abdomen.paint_liver,
    abdomen.paint_spleen,
    abdomen.paint_kidneys,
    chest.paint_branches,
    chest.paint_heart,
    chest.paint_aorta_and_cava,
    chest.paint_gullet_and_airway,
    abdomen.paint_stomach,
    abdomen.paint_pancreas,
    abdomen.paint_duodenum,
    abdomen.paint_gallbladder,
    abdomen.paint_adrenals,
    abdomen.paint_bladder,
)

# Slices are painted in slabs of about this size, which bounds the working memory to some 150 MB.
_SLAB_VOXELS = 2_000_000


def make_phantom(
    seed: int = 0,
    spacing_mm: Triple = (3.0, 3.0, 3.0),
    region: str = "torso",
    contrast: str | None = None,
    grid: Grid | None = None,
) -> tuple[Scan, Labelmap]:
    """A schematic adult in a CT scanner, with the exact labels of the organs on the same grid.

    One seed is one person in one pose: every spacing, region and grid shows the same anatomy. Labels mark the
    voxels whose centre lies in the organ.

    Args:
        seed: which person.
        spacing_mm: of the axial default grid, i, j, k.
        region: what the default grid shows: ``torso`` (all organs), ``abdomen``, ``chest`` or ``head``
            (little but the spine's upper end).
        contrast: ``native``, ``arterial``, ``portal`` or ``delayed``; None lets the seed decide.
        grid: where to sample instead of the default grid, of any spacing, direction and extent.

    Returns:
        The scan (int16 HU) and its labelmap (uint8, values as in `LABELS`).

    Raises:
        InputError: ``input.phantom`` for a region or contrast that does not exist.
    """
    _check("region", region, tuple(REGIONS))
    _check("contrast", contrast or PHASES[0], PHASES)
    rng = np.random.default_rng(seed)
    pose, noise_hu, phase = _pose(rng), rng.uniform(6.0, 18.0), str(rng.choice(PHASES))
    body = Body(seed, tissues(contrast or phase, rng))
    grid = grid or _default_grid(pose, spacing_mm, region)
    hu, labels = np.empty(grid.shape, np.float32), np.empty(grid.shape, np.uint8)
    step = max(1, _SLAB_VOXELS // (grid.size[0] * grid.size[1]))
    for first in range(0, grid.size[2], step):
        canvas = Canvas(_slab(grid, first, min(step, grid.size[2] - first)), pose)
        for paint in _PARTS:
            paint(canvas, body)
        hu[first : first + step], labels[first : first + step] = canvas.hu, canvas.labels
    hu += _noise(grid, rng, noise_hu)
    voxels = np.clip(np.rint(hu), -1024, 3071).astype(np.int16)
    organs = {label: catalogue()[name] for name, label in LABELS.items()}
    source = Source("", "array", modality="CT", description=f"OrganSeg phantom {seed}")
    return Scan(voxels, grid, source), Labelmap(labels, grid, organs)


def _check(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(
            "input.phantom", f"The phantom knows no {what} '{value}'.", f"Choose one of {', '.join(known)}."
        )


def _pose(rng: np.random.Generator) -> Pose:
    """Size, position and gentle deformation; the waves are small enough never to fold space."""
    lengths_mm, crests_mm = np.array(
        [(260, 3), (290, 3), (330, 3), (110, 1.2), (130, 1.2), (150, 1.2)], float
    ).T
    directions = rng.normal(size=(len(lengths_mm), 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    girth = rng.uniform(0.92, 1.08)
    size = np.array([girth, girth * rng.uniform(0.96, 1.04), rng.uniform(0.94, 1.06)])
    return Pose(
        centre=rng.normal(0.0, 6.0, 3),
        rotation=turned(*rng.normal(0.0, 2.0, 3)),
        scale=1.0 / size,
        wave_vectors=directions * (2 * np.pi / lengths_mm)[:, None],
        wave_phases=rng.uniform(0.0, 2 * np.pi, len(lengths_mm)),
        wave_shifts=np.clip(rng.normal(size=directions.shape), -2.0, 2.0) * crests_mm[:, None],
    )


def _default_grid(pose: Pose, spacing_mm: Triple, region: str) -> Grid:
    """An axial grid that holds the region of this person."""
    low, high = (z / float(pose.scale[2]) for z in REGIONS[region])
    origin = pose.centre + (-215.0, -185.0, low)
    counts = np.rint(np.array([430.0, 360.0, high - low]) / spacing_mm).astype(int)
    size = (max(1, int(counts[0])), max(1, int(counts[1])), max(1, int(counts[2])))
    return Grid(size, spacing_mm, (float(origin[0]), float(origin[1]), float(origin[2])))


def _slab(grid: Grid, first: int, count: int) -> Grid:
    origin = grid.affine @ (0.0, 0.0, float(first), 1.0)
    size = (grid.size[0], grid.size[1], count)
    return replace(grid, size=size, origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])))


def _noise(grid: Grid, rng: np.random.Generator, sigma_hu: float) -> Array:
    """Noise of the reconstruction, which neighbours in a slice share in part."""
    white = rng.standard_normal(grid.shape, np.float32)
    blend = white + 0.5 * (np.roll(white, 1, axis=1) + np.roll(white, 1, axis=2))
    noise: Array = blend * np.float32(sigma_hu / np.sqrt(1.5))
    return noise
