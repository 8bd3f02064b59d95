"""Pose and size: every displacement is added up before the scan is read once."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..config.augmentation import Geometry
from .anatomy import Anatomy
from .draw import Draw

LATTICE_VOXELS = 3  # displacements are smooth: they are computed at every third voxel, linear in between
SMALLEST_RADIUS_MM = 9.0
Z, Y, X = 0, 1, 2


def draw_positions(
    anatomy: Anatomy,
    patch: tuple[int, int, int],
    centre_mm: NDArray[np.floating],
    config: Geometry,
    draw: Draw,
) -> Tensor:
    """Where each voxel of a patch lies in the scan.

    A patch of one slice stays in the scan's nearest slice: mixing slices would show thicker ones than the
    network meets.

    Returns:
        float32, (3, z, y, x): mm along z, y, x.
    """
    flat = patch[Z] == 1
    matrix = _affine(config, draw)
    if flat:
        matrix[Z], matrix[:, Z] = (1, 0, 0), (1, 0, 0)
        slice_mm = float(anatomy.spacing_mm[Z])
        centre_mm = np.array([round(float(centre_mm[Z]) / slice_mm) * slice_mm, *centre_mm[1:]])
    nodes = [1 if n == 1 else max(2, math.ceil(n / LATTICE_VOXELS)) for n in patch]
    half = (np.array(patch) - 1) / 2 * anatomy.spacing_mm
    axes = [torch.linspace(-h, h, n) if n > 1 else torch.zeros(1) for h, n in zip(half, nodes, strict=True)]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    positions = torch.einsum("ij,jzyx->izyx", _tensor(matrix), grid) + _column(centre_mm)
    positions = positions.to(draw.device)
    still = positions[Z].clone()
    apart_mm = np.maximum(2 * half / np.maximum(np.array(nodes) - 1, 1), 1e-3)
    for elastic in config.elastic:
        if draw.chance(elastic.probability):
            field = draw.field(nodes, elastic.nodes_mm / apart_mm, channels=3)
            positions = positions + draw.between(*elastic.sd_mm) * field
    positions = _resize_organs(anatomy, positions, config, draw)
    if flat:
        positions[Z] = still
    return F.interpolate(positions[None], size=patch, mode="trilinear", align_corners=True)[0]


def _affine(config: Geometry, draw: Draw) -> NDArray[np.float64]:
    """Flip, shear, scaling, then rotation, in (z, y, x)."""
    matrix = np.diag([draw.between(*config.extent)] * 3)
    matrix = matrix @ np.diag([draw.between(*config.stretch) for _ in range(3)])
    matrix = matrix @ (np.eye(3) + np.triu(draw.rng.uniform(-config.shear, config.shear, (3, 3)), 1))
    about_x, about_y, about_z = config.rotation_degrees
    for first, second, degrees in ((Z, X, about_y), (Z, Y, about_x), (Y, X, about_z)):
        matrix = _rotation(first, second, math.radians(draw.between(-degrees, degrees))) @ matrix
    signs = [1.0, 1.0, 1.0]
    for name in config.flip:
        signs["zyx".index(name)] = -1.0 if draw.chance(0.5) else 1.0
    return matrix @ np.diag(signs)


def _rotation(first: int, second: int, angle: float) -> NDArray[np.float64]:
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[first, second], matrix[second, first] = -math.sin(angle), math.sin(angle)
    return matrix


def _resize_organs(anatomy: Anatomy, positions: Tensor, config: Geometry, draw: Draw) -> Tensor:
    """Let some organs grow, shrink or move against their neighbours."""
    organs = [number for number in anatomy.points if number <= len(anatomy.classes.organs)]
    for _ in range(draw.count(config.organs) if organs else 0):
        points = anatomy.points[organs[draw.rng.integers(len(organs))]]
        radius = max(SMALLEST_RADIUS_MM, 1.5 * float(points.std(0).mean()))
        away = positions - _column(points.mean(0)).to(draw.device)
        weight = torch.exp(-away.square().sum(0) / (2 * (1.2 * radius) ** 2))
        growth = draw.between(-config.organ_growth, config.organ_growth)
        shift = _column(draw.rng.normal(0, config.organ_shift * radius, 3)).to(draw.device)
        positions = positions + weight * (away * growth + shift)
    return positions


def _tensor(values: NDArray[np.floating]) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def _column(values: NDArray[np.floating]) -> Tensor:
    """(3,) -> (3, 1, 1, 1)."""
    return _tensor(values).reshape(3, 1, 1, 1)
