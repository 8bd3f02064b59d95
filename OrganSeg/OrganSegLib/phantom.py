"""An anthropomorphic CT with exact labels: the built-in study, and the ground truth of tests and training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import InputError
from .organs import catalogue
from .phantom_anatomy import LABELS, Body, paint_body
from .phantom_canvas import Array, Canvas, Pose, turned
from .phantom_tissue import PHASES, tissues
from .volume import Grid, Labelmap, Scan, Source, Triple

# Body z of what each region shows, millimetres from the first lumbar vertebra.
REGIONS = {"torso": (-300.0, 320.0), "abdomen": (-150.0, 140.0), "chest": (40.0, 320.0)}
_SLAB_VOXELS = 2_000_000


def make_phantom(
    seed: int = 0,
    spacing_mm: Triple = (3.0, 3.0, 3.0),
    region: str = "torso",
    contrast: str | None = None,
    grid: Grid | None = None,
) -> tuple[Scan, Labelmap]:
    """A person, scanned: CT and labels of the organs on the same grid.

    One seed is one person in one pose: every spacing, region and grid shows the same anatomy.

    Args:
        seed: which person.
        spacing_mm: of the axial default grid, i, j, k.
        region: ``torso``, ``abdomen`` or ``chest``: what the default grid shows.
        contrast: ``native``, ``arterial``, ``portal`` or ``delayed``; None lets the seed decide.
        grid: where to sample instead of the default grid, any spacing and direction.

    Returns:
        The scan (int16 HU) and its labelmap (uint8, values in the order of the catalogue).

    Raises:
        InputError: ``input.phantom`` for a region or contrast that does not exist.
    """
    for value, known in ((region, tuple(REGIONS)), (contrast or "native", PHASES)):
        if value not in known:
            raise InputError(
                "input.phantom", f"The phantom knows no {value!r}.", f"Choose one of {', '.join(known)}."
            )
    rng = np.random.default_rng(seed)
    pose = _pose(rng)
    phase = PHASES[int(rng.integers(len(PHASES)))]
    body = Body(seed, tissues(contrast or phase, rng))
    noise_hu = float(rng.uniform(6.0, 18.0))
    grid = grid or _default_grid(pose, spacing_mm, region)
    hu, labels = np.empty(grid.shape, np.float32), np.empty(grid.shape, np.uint8)
    step = max(1, _SLAB_VOXELS // (grid.size[0] * grid.size[1]))
    for first in range(0, grid.size[2], step):
        canvas = Canvas(_slab(grid, first, min(step, grid.size[2] - first)), pose)
        paint_body(canvas, body)
        hu[first : first + step], labels[first : first + step] = canvas.hu, canvas.labels
    voxels = np.clip(np.rint(hu + _noise(grid, rng, noise_hu)), -1024, 3071).astype(np.int16)
    organs = {LABELS[name]: organ for name, organ in catalogue().items()}
    source = Source("", "array", modality="CT", description=f"OrganSeg phantom {seed}")
    return Scan(voxels, grid, source), Labelmap(labels, grid, organs)


def _pose(rng: np.random.Generator) -> Pose:
    """Size, position and gentle deformation of one person; the waves stay small enough not to fold space."""
    lengths = np.array([260.0, 290.0, 330.0, 110.0, 130.0, 150.0])
    directions = rng.normal(size=(6, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shifts = rng.normal(size=(6, 3)) * np.array([3.0, 3.0, 3.0, 1.2, 1.2, 1.2])[:, None]
    girth = rng.uniform(0.92, 1.08)
    scale = np.array([girth, girth * rng.uniform(0.96, 1.04), rng.uniform(0.94, 1.06)])
    return Pose(
        centre=rng.normal(0.0, 6.0, 3),
        rotation=turned(*rng.normal(0.0, 2.0, 3)),
        scale=1.0 / scale,
        wave_vectors=directions * (2 * np.pi / lengths)[:, None],
        wave_phases=rng.uniform(0, 2 * np.pi, 6),
        wave_shifts=np.clip(shifts, -6.0, 6.0),
    )


def _default_grid(pose: Pose, spacing_mm: Triple, region: str) -> Grid:
    """An axial grid that holds the region of this person."""
    low, high = REGIONS[region]
    extent = np.array([430.0, 340.0, (high - low) / pose.scale[2]])
    start = pose.centre + (-215.0, -165.0, low / pose.scale[2])
    size = np.maximum(1, np.rint(extent / spacing_mm)).astype(int)
    return Grid((int(size[0]), int(size[1]), int(size[2])), spacing_mm, tuple(float(a) for a in start))  # type: ignore[arg-type]


def _slab(grid: Grid, first: int, count: int) -> Grid:
    origin = grid.affine @ (0.0, 0.0, float(first), 1.0)
    return replace(grid, size=(*grid.size[:2], count), origin_mm=(origin[0], origin[1], origin[2]))


def _noise(grid: Grid, rng: np.random.Generator, sigma_hu: float) -> Array:
    """Reconstruction noise: correlated between neighbours in the slice."""
    noise = rng.standard_normal(grid.shape, np.float32)
    smooth: Array = noise + 0.5 * (np.roll(noise, 1, axis=1) + np.roll(noise, 1, axis=2))
    return smooth * np.float32(sigma_hu / 1.22)
