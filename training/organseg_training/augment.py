"""Augmentation for learning from few people: shape, contrast phase, lesions, scanner.

One sample costs one interpolation: all geometry is composed into one sampling field. Left and right are never
mirrored. Everything random comes from the sample's own generator, so that sample ``n`` is the same in any
process and after a resume.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .classes import CHANNELS, CLASSES, INDEX, ORGANS, UNKNOWN
from .prepare import Case

AIR_HU = -1024.0
# HU in native, arterial, portal venous and delayed phase: rounded textbook values.
PHASES = {
    "spleen": (48, 140, 120, 95),
    "kidney_left": (32, 170, 190, 150),
    "kidney_right": (32, 170, 190, 150),
    "liver": (55, 72, 110, 90),
    "heart": (40, 240, 140, 100),
    "aorta": (42, 300, 150, 105),
    "artery": (42, 300, 150, 105),
    "inferior_vena_cava": (40, 75, 140, 105),
    "vein": (40, 70, 140, 105),
    "portal_vein": (40, 90, 170, 110),
    "pulmonary_vessel": (40, 230, 140, 100),
    "pancreas": (38, 100, 90, 70),
    "adrenal_gland_left": (25, 75, 70, 50),
    "adrenal_gland_right": (25, 75, 70, 50),
    "thyroid": (100, 180, 150, 120),
    "esophagus": (30, 50, 60, 50),
    "muscle": (52, 58, 65, 60),
    "gallbladder": (10, 10, 10, 12),
    "urinary_bladder": (8, 8, 12, 120),
    "spinal_cord": (35, 40, 40, 40),
}
BLOOD = {"heart", "aorta", "artery", "inferior_vena_cava", "vein", "portal_vein", "pulmonary_vessel"}
GUT = {"stomach", "duodenum", "small_bowel", "colon"}
LESION_HOSTS = ("liver", "liver", "liver", "spleen", "kidney_left", "kidney_right", "lung_left", "lung_right")


@dataclass(frozen=True)
class Anatomy:
    """What the augmentation must know of a case, computed once."""

    hu: Tensor
    labels: Tensor
    medians: dict[int, float]
    points: dict[int, np.ndarray]
    complete: bool

    @classmethod
    def of(cls, case: Case) -> Anatomy:
        medians, points = {}, {}
        for index in range(1, len(CLASSES)):
            found = np.argwhere(case.labels == index)
            if len(found) > 15:
                medians[index] = float(np.median(case.hu[case.labels == index]))
                points[index] = found[:: max(1, len(found) // 3000)]
        hu = torch.from_numpy(case.hu.astype(np.float32))
        return cls(hu, torch.from_numpy(case.labels), medians, points, case.complete)


def augment(anatomy: Anatomy, patch: tuple[int, int, int], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A random view of a case.

    Args:
        patch: (z, y, x) voxels.

    Returns:
        HU float32 and class numbers int64 (channels of the network, or `UNKNOWN`), both of the patch's shape.
    """
    dice = Dice(rng)
    hu, labels, positions = _view(anatomy, patch, dice)
    if anatomy.complete and dice.chance(0.85):
        hu = _recolour(anatomy, hu, labels, dice)
    if dice.chance(0.4):
        hu = _add_lesions(anatomy, hu, labels, positions, dice)
    hu, labels = _scan(hu, labels, dice)
    return hu, torch.where((labels >= len(CHANNELS)) & (labels != UNKNOWN), 0, labels)


@dataclass(frozen=True)
class Dice:
    """Random numbers in the forms that augmentation asks for."""

    rng: np.random.Generator

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def normal(self, sd: float) -> float:
        return float(self.rng.normal(0, sd))

    def field(self, shape: tuple[int, ...], correlation: float) -> Tensor:
        """Smooth noise of unit variance at its nodes, ``correlation`` voxels apart."""
        coarse = [max(2, math.ceil(n / correlation)) for n in shape]
        nodes = torch.from_numpy(self.rng.standard_normal(coarse, dtype=np.float32))[None, None]
        if correlation <= 1:
            return nodes[0, 0]
        return F.interpolate(nodes, size=shape, mode="trilinear", align_corners=True)[0, 0]


def _view(anatomy: Anatomy, patch: tuple[int, int, int], dice: Dice) -> tuple[Tensor, Tensor, Tensor]:
    """Cut a rotated, scaled, sheared and warped patch; returns HU, labels and where each voxel came from."""
    axes = [torch.arange(n, dtype=torch.float32) - (n - 1) / 2 for n in patch]
    offsets = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)
    matrix = torch.tensor(_affine(dice), dtype=torch.float32)
    centre = torch.tensor(_centre(anatomy, patch, dice), dtype=torch.float32)
    positions = offsets @ matrix.T + centre
    for probability, nodes, low, high in ((0.8, 24, 1.0, 4.5), (0.5, 9, 0.3, 1.3)):
        if dice.chance(probability):
            amplitude = dice.between(low, high)
            positions = positions + amplitude * torch.stack([dice.field(patch, nodes) for _ in range(3)], -1)
    positions = _resize_organs(anatomy, positions, dice)
    scale = torch.tensor(anatomy.hu.shape, dtype=torch.float32) - 1
    where = (positions / scale * 2 - 1).flip(-1)[None]
    hu = F.grid_sample(anatomy.hu[None, None] - AIR_HU, where, "bilinear", "zeros", True)[0, 0] + AIR_HU
    labels = F.grid_sample(anatomy.labels[None, None].float(), where, "nearest", "zeros", True)[0, 0]
    return hu, labels.long(), positions


def _affine(dice: Dice) -> np.ndarray:
    """Rotation, anisotropic scaling and shear in (z, y, x)."""
    matrix = np.diag([dice.between(0.75, 1.33)] * 3) @ np.diag([dice.between(0.87, 1.15) for _ in range(3)])
    matrix = matrix @ (np.eye(3) + np.triu(dice.rng.uniform(-0.12, 0.12, (3, 3)), 1))
    for (a, b), degrees in (((0, 2), 12.0), ((0, 1), 12.0), ((1, 2), 20.0)):
        angle = math.radians(dice.between(-degrees, degrees))
        rotation = np.eye(3)
        rotation[[a, a, b, b], [a, b, a, b]] = (
            math.cos(angle),
            -math.sin(angle),
            math.sin(angle),
            math.cos(angle),
        )
        matrix = rotation @ matrix
    return matrix


def _centre(anatomy: Anatomy, patch: tuple[int, int, int], dice: Dice) -> np.ndarray:
    """Mostly near a labelled class, every class alike, to see small organs often; with little air beside."""
    shape, size = np.array(anatomy.hu.shape), np.array(patch)
    classes = [index for index in anatomy.points if index < len(CHANNELS)]
    if not classes or dice.chance(0.35):
        centre = dice.rng.uniform(0.1, 0.9, 3) * shape
    else:
        points = anatomy.points[classes[dice.rng.integers(len(classes))]]
        centre = points[dice.rng.integers(len(points))] + dice.rng.uniform(-0.3, 0.3, 3) * size
    overhang = 0.12 * size
    nearest, farthest = size / 2 - overhang, shape - size / 2 + overhang
    return np.clip(centre, np.minimum(nearest, farthest), np.maximum(nearest, farthest))


def _resize_organs(anatomy: Anatomy, positions: Tensor, dice: Dice) -> Tensor:
    """Let up to three organs grow, shrink or move against their neighbours."""
    organs = [index for index in anatomy.points if index <= len(ORGANS)]
    for _ in range(int(dice.rng.integers(0, 4)) if organs else 0):
        points = anatomy.points[organs[dice.rng.integers(len(organs))]]
        radius = max(3.0, float(points.std(0).mean()) * 1.5)
        away = positions - torch.tensor(points.mean(0), dtype=torch.float32)
        weight = torch.exp(-(away**2).sum(-1, keepdim=True) / (2 * (1.2 * radius) ** 2))
        shift = torch.tensor(dice.rng.normal(0, 0.2 * radius, 3), dtype=torch.float32)
        positions = positions + weight * (away * dice.between(-0.35, 0.35) + shift)
    return positions


def _recolour(anatomy: Anatomy, hu: Tensor, labels: Tensor, dice: Dice) -> Tensor:
    """Move every labelled tissue to a random contrast phase; sometimes rebuild the image from its labels."""
    targets = _phase(anatomy, dice)
    size = max(UNKNOWN, *INDEX.values()) + 1
    median, target, known = torch.zeros(size), torch.zeros(size), torch.zeros(size)
    for index, wanted in targets.items():
        median[index], target[index], known[index] = anatomy.medians[index], wanted, 1.0
    gas = hu < -150
    if dice.chance(0.25):
        return _synthesise(hu, labels, target, known, dice)
    shift = (target - median)[labels] * known[labels]
    gut = torch.isin(labels, torch.tensor([INDEX[name] for name in GUT]))
    shift = torch.where(gut & gas, 0.0, shift)
    stretch = torch.zeros(size)
    stretch[: len(CLASSES)] = torch.tensor([dice.between(-0.4, 0.4) for _ in CLASSES])
    texture = (hu - median[labels]) * stretch[labels] * known[labels] * ~gut
    return hu + _blur(shift) + texture


def _phase(anatomy: Anatomy, dice: Dice) -> dict[int, float]:
    """HU of each class in a random mixture of two phases; blood, kidneys and liver move together."""
    first, second = (int(p) for p in dice.rng.integers(0, 4, 2))
    mixture = dice.between(0, 1) if dice.chance(0.6) else 0.0
    body, blood, kidneys, lungs = dice.normal(6), dice.normal(25), dice.normal(20), dice.between(-60, 90)
    fatty, opaque_urine = dice.chance(0.25), dice.chance(0.3)
    targets = {}
    for index, median in anatomy.medians.items():
        name = CLASSES[index]
        if name in PHASES:
            wanted = (
                (1 - mixture) * PHASES[name][first] + mixture * PHASES[name][second] + body + dice.normal(8)
            )
            if name in BLOOD:
                wanted += blood * (0.3 if first == 0 else 1.0) + dice.normal(10)
            elif name.startswith("kidney"):
                wanted += kidneys * (0.2 if first == 0 else 1.0)
            elif name == "liver" and fatty:
                wanted -= dice.between(10, 50)
            elif name == "urinary_bladder" and opaque_urine:
                wanted = dice.between(100, 400)
        elif name in GUT:
            wanted = median + (dice.between(-20, 40) if dice.chance(0.7) else dice.between(80, 300))
        elif name in ("spine", "bone"):
            wanted = median * dice.between(0.75, 1.3)
        elif name.startswith("lung"):
            wanted = median + lungs
        else:
            wanted = median + dice.normal(8)
        targets[index] = wanted
    return targets


def _synthesise(hu: Tensor, labels: Tensor, target: Tensor, known: Tensor, dice: Dice) -> Tensor:
    """An image painted from labels, with smooth and fine texture per class; gas, lung and fat stay."""
    sd = torch.zeros_like(target)
    sd[: len(CLASSES)] = torch.tensor([dice.between(4, 22) for _ in CLASSES])
    texture = 0.8 * dice.field(tuple(hu.shape), 1) + dice.field(tuple(hu.shape), dice.between(2, 5))
    painted = target[labels] + sd[labels] * texture
    fat, soft, bone = dice.between(-120, -80), dice.between(25, 75), dice.between(0.7, 1.3)
    rest = torch.where(hu < -20, fat, torch.where(hu < 130, soft, hu * bone)) + dice.between(4, 15) * texture
    painted = torch.where(known[labels] > 0, painted, torch.where(hu < -300, hu, rest))
    painted = torch.where(hu < -150, hu, painted)
    return _blur(painted) if dice.chance(0.6) else painted


def _add_lesions(anatomy: Anatomy, hu: Tensor, labels: Tensor, positions: Tensor, dice: Dice) -> Tensor:
    """Up to three round masses; the organ's label stays."""
    for _ in range(int(dice.rng.integers(0, 4))):
        host = INDEX[LESION_HOSTS[dice.rng.integers(len(LESION_HOSTS))]]
        if host not in anatomy.points:
            continue
        points = anatomy.points[host]
        centre = torch.tensor(points[dice.rng.integers(len(points))], dtype=torch.float32)
        radii = torch.tensor([dice.between(2, 9) * dice.between(0.7, 1.3) for _ in range(3)])
        inside = (((positions - centre) / radii) ** 2).sum(-1) < 1
        value = (
            dice.between(0, 80)
            if CLASSES[host].startswith("lung")
            else anatomy.medians[host] + dice.between(-80, 50)
        )
        hu = torch.where(inside & (labels == host), value, hu)
    return hu


def _scan(hu: Tensor, labels: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
    """What the scanner adds: shading, blur, thick slices, calibration, noise, a short field of view."""
    shape = tuple(hu.shape)
    if dice.chance(0.25):
        hu = hu + dice.between(5, 25) * dice.field(shape, 24)
    if dice.chance(0.25):
        hu = _blur(hu)
    if dice.chance(0.3):
        slices = int(shape[0] / dice.between(1.3, 2.6))
        thick = F.interpolate(hu[None, None], size=(slices, *shape[1:]), mode="area")
        hu = F.interpolate(thick, size=shape, mode="trilinear", align_corners=False)[0, 0]
    hu = hu * dice.between(0.95, 1.05) + dice.between(-12, 12)
    if dice.chance(0.7):
        hu = hu + dice.between(3, 40) * dice.field(shape, 1 if dice.chance(0.6) else 2)
    if dice.chance(0.3):
        cut = int(dice.rng.integers(5, shape[0] // 2))
        gone = slice(0, cut) if dice.chance(0.5) else slice(shape[0] - cut, None)
        hu, labels = hu.clone(), labels.clone()
        hu[gone], labels[gone] = AIR_HU, 0
    return hu, labels


def _blur(image: Tensor) -> Tensor:
    return F.avg_pool3d(image[None, None], 3, 1, 1, count_include_pad=False)[0, 0]
