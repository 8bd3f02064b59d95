"""How unsure the network was: the entropy of its softmax, in each organ and along its border.

Entropy is that of C. E. Shannon, *A Mathematical Theory of Communication* (1948), over the organs and one
outcome more, "none of them", and divided by its maximum: 0 is sure, 1 a blind guess. Two equally likely
outcomes of sixteen give 0.25.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..plan import Plan
from ..runtimes import usable_cores
from ..sampling import sampler
from ..scores import Labels, grown, organ_boxes
from ..volume import Grid
from .kinds import Flag

if TYPE_CHECKING:
    from ..predict import Logits

SLAB = 2  # planes of the network's grid taken at a time, so that the running sums stay in the cache
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


def softmax_entropy(logits: Logits, plan: Plan) -> FloatArray:
    """Uncertainty of each voxel, (z, y, x), 0 to 1.

    Outputs that mean no organ count as one: to waver between background and a helper class is no doubt.
    """
    organs = [label.channel for label in plan.labels]
    entropy = np.empty(logits.shape, np.float32)

    def fill(start: int) -> None:
        slab = slice(start, start + SLAB)
        values = np.asarray(logits.planes(slab), np.float32)  # float16 is slower, and its sums overflow
        entropy[slab] = _entropy(values, organs, plan.background_channels)

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(fill, range(0, len(entropy), SLAB)))
    return entropy


def _entropy(values: FloatArray, organs: list[int], others: tuple[int, ...]) -> FloatArray:
    """``log(sum(e)) - sum(e * log(e)) / sum(e)``, summed output by output."""
    from scipy.special import xlogy  # not at the top: a warm worker starts without it

    top = values.max(0)
    total = np.zeros_like(top)
    for channel in others:
        total += np.exp(values[channel] - top)
    weighted = xlogy(total, total)
    for channel in organs:
        score = values[channel] - top
        share = np.exp(score)
        total += share
        weighted += np.multiply(share, score, out=score)
    entropy: FloatArray = (np.log(total) - weighted / total) / np.log(len(organs) + 1)
    return np.maximum(entropy, 0, out=entropy)  # rounding


def organ_uncertainty(entropy: FloatArray, labels: Labels, plan: Plan) -> dict[int, Uncertainty]:
    """Label value -> uncertainty of each organ that was found.

    Args:
        entropy: from `softmax_entropy`.
        labels: tidied label values on the same voxels.
        plan: of the model, with its thresholds.
    """
    z, y, x = (slice(0, n) for n in labels.shape)
    found = {}
    for value, tight in organ_boxes(labels):
        box = grown(tight, (z, y, x))
        own, doubt = labels[box] == value, entropy[box]
        name = plan.organs[value].name
        found[value] = Uncertainty(
            float(doubt[own].mean()),
            _border_mean(own, doubt),
            plan.uncertainty.get(name),
            name in plan.experimental,
        )
    return found


def _border_mean(own: NDArray[np.bool_], entropy: FloatArray) -> float:
    """Mean over both sides of every face between the organ and what is not; 0 where there is none."""
    faces = []
    for axis in range(3):
        mask, value = np.moveaxis(own, axis, 0), np.moveaxis(entropy, axis, 0)
        face = mask[1:] != mask[:-1]
        faces.append((value[1:][face] + value[:-1][face]) / 2)
    doubt = np.concatenate(faces)
    return float(doubt.mean()) if len(doubt) else 0.0


def uncertainty_volume(entropy: FloatArray, network: Grid, grid: Grid) -> NDArray[np.uint8]:
    """The entropy in percent at the scan's voxels, [k, j, i]; 0 where the network did not look.

    Args:
        entropy: from `softmax_entropy`, on the grid ``network``.
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
