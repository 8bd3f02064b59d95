"""How unsure the network was: the entropy of its softmax, in each organ and along its border.

Entropy is that of C. E. Shannon, *A Mathematical Theory of Communication* (1948), over the organs and one
outcome more, "none of them", and divided by its maximum: 0 is sure, 1 a blind guess. Two equally likely
outcomes of sixteen give 0.25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..boxes import organ_boxes
from ..plan import Plan
from ..runtimes import usable_cores
from ..sampling import sampler
from ..scores import Labels
from ..volume import Grid
from .kinds import Flag

SLAB_MM = 10.0  # thickness of the scan's planes taken at a time

UNCERTAIN = Flag(
    "uncertain", "warning", "The network was unsure of this organ: compare it with the images before use."
)

EXPERIMENTAL = Flag(
    "experimental",
    "note",
    "This model is not yet good at this organ (experimental): check all of its outline before use.",
)

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Uncertainty:
    """Of one organ.

    Attributes:
        entropy: mean inside.
        border_entropy: mean over both sides of every voxel face of its border.
        threshold: the ``entropy`` above which the organ is too uncertain, see `Plan.uncertainty`; None where
            it was not calibrated.
        experimental: whether the model is weak at this organ in general, see `Plan.experimental`.
    """

    entropy: float
    border_entropy: float
    threshold: float | None = None
    experimental: bool = False

    @property
    def flags(self) -> tuple[Flag, ...]:
        """`UNCERTAIN` above the threshold, and `EXPERIMENTAL`."""
        unsure = self.threshold is not None and self.entropy > self.threshold
        return (UNCERTAIN,) * unsure + (EXPERIMENTAL,) * self.experimental


def organ_uncertainty(entropy: FloatArray, labels: Labels, plan: Plan) -> dict[int, Uncertainty]:
    """Label value -> uncertainty of each organ that was found.

    Args:
        entropy: from `argmax_and_entropy`.
        labels: tidied label values on the same voxels.
        plan: of the model, with its thresholds.
    """
    found = labels > 0
    inside = _means([(labels[found], entropy[found])], len(plan.labels))
    border = _means(_faces(labels, entropy), len(plan.labels))
    return {
        value: Uncertainty(
            float(inside[value]),
            float(border[value]),
            plan.uncertainty.get(plan.organs[value].name),
            plan.organs[value].name in plan.experimental,
        )
        for value, _ in organ_boxes(labels)
    }


def _faces(labels: Labels, entropy: FloatArray) -> Iterator[tuple[Labels, FloatArray]]:
    """Of every voxel face between two labels, once for either: the label, and the mean of both sides."""
    for axis in range(3):
        one, other = ((slice(None),) * axis + (side,) for side in (slice(1, None), slice(None, -1)))
        face = labels[one] != labels[other]
        mean = (entropy[one][face] + entropy[other][face]) / 2
        yield labels[one][face], mean
        yield labels[other][face], mean


def _means(values: Iterable[tuple[Labels, FloatArray]], highest: int) -> NDArray[np.float64]:
    """Mean of the values of each label from 0 to ``highest``; 0 where it has none."""
    total, count = np.zeros((2, highest + 1))
    for label, value in values:
        total += np.bincount(label, value, highest + 1)
        count += np.bincount(label, minlength=highest + 1)
    means: NDArray[np.float64] = total / np.maximum(count, 1)
    return means


def uncertainty_volume(entropy: FloatArray, network: Grid, grid: Grid) -> NDArray[np.uint8]:
    """The entropy in percent at the scan's voxels, [k, j, i]; 0 where the network did not look.

    Args:
        entropy: from `argmax_and_entropy`, on the grid ``network``.
        grid: of the scan, in any orientation.
    """
    way = sampler(network, grid)
    nodes = (100 * entropy).transpose(way.axes)
    percent = np.zeros(grid.shape, np.uint8)
    step = max(1, round(SLAB_MM / grid.spacing_mm[2]))

    def fill(start: int) -> None:
        planes = slice(start, min(start + step, len(percent)))
        box = way.nodes(planes)
        target = way.voxels(box, planes)
        if all(s.start < s.stop for s in target):
            percent[target] = np.rint(way.sample(nodes[box], box, target).clip(0, 100))

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(fill, range(0, len(percent), step)))
    return percent
