"""Losses by name and their weighted sums, all of which respect what a scan's labels do not tell.

Every sample of a batch is judged by itself and counts alike, so that a batch may be spread over processes,
and its scans may tell of different classes. The order of voxels does not matter to any of the losses: they
see a sample's known voxels and classes as one row, whether these come from a volume or from a slice.

Where a class is not known, background may hide it, so background voxels are asked only to be background or
one of the classes that are not known (marginal loss: Shi et al., Medical Image Analysis 2021,
doi:10.1016/j.media.2021.101979).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from monai.losses.dice import DiceLoss
from monai.losses.focal_loss import FocalLoss
from monai.losses.tversky import TverskyLoss
from torch import Tensor

from .classes import UNKNOWN
from .config.fit import LossTerm
from .errors import ConfigError
from .imported import imported

# (classes, voxels) logits, (voxels,) labels, (classes,) known, share of the training that is done.
SampleLoss = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def build_loss(terms: str | LossTerm | Iterable[str | LossTerm]) -> Loss:
    """A loss from names, or from terms with weights and arguments.

    Args:
        terms: ``dice_ce`` (see `dice_cross_entropy`); ``dice``, over all organs' voxels together;
            ``dice_classwise``, ``jaccard`` (or ``iou``) and ``tversky``, the mean of all classes; ``focal``,
            ``cross_entropy``; ``binary_cross_entropy`` (or ``bce``), each class against all others. Arguments
            are those of MONAI's losses. A class by its import path ``package.module:Class`` is called as
            MONAI's are: with logits (1, classes, voxels) and labels (1, 1, voxels).

    Raises:
        ConfigError: ``config.import_failed``; ``config.bad_value`` for arguments that a loss does not have.
    """
    listed = [terms] if isinstance(terms, str | LossTerm) else list(terms)
    chosen = [LossTerm(name=term) if isinstance(term, str) else term for term in listed]
    return Loss(tuple((term.weight, _built(term)) for term in chosen))


@dataclass(frozen=True)
class Loss:
    """A weighted sum of losses."""

    terms: tuple[tuple[float, SampleLoss], ...]

    def __call__(self, logits: Tensor, labels: Tensor, known: Tensor, done: float = 0.0) -> Tensor:
        """The mean over samples.

        Args:
            logits: (batch, classes, *space), or (batch, outputs, classes, *space) of a network under deep
                supervision, all outputs at full size: each counts half as much as the one before it.
            labels: (batch, *space) int64; `UNKNOWN` voxels do not count.
            known: (batch, classes) bool; background is known where all others are.
            done: share of the training that is done.
        """
        if logits.ndim == labels.ndim + 2:
            outputs = logits.unbind(1)
            weights = [0.5**level / (2 - 0.5 ** (len(outputs) - 1)) for level in range(len(outputs))]
            losses = [w * self(o, labels, known, done) for w, o in zip(weights, outputs, strict=True)]
            return torch.stack(losses).sum()
        samples = zip(logits.float().flatten(2), labels.flatten(1), known, strict=True)
        losses = [weight * term(*sample, done) for sample in samples for weight, term in self.terms]
        return torch.stack(losses).sum() / len(labels)


def _built(term: LossTerm) -> SampleLoss:
    try:
        if ":" not in term.name:
            return LOSSES[term.name](**term.arguments)
        own = imported(term.name, "loss")(**term.arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            "config.bad_value", f"fit.loss: {term.name}: {error}.", "Correct its arguments and try again."
        ) from error
    return _on_what_is_known(lambda logits, labels: own(logits[None], labels[None, None]))


def dice_cross_entropy(balance: tuple[float, float] = (0.5, 0.2)) -> SampleLoss:
    """Class-weighted cross-entropy plus one minus the mean soft Dice of the classes present.

    Gathers the true class instead of building one-hot volumes: on a CPU that is several times faster than
    ``monai.losses.DiceCELoss`` when there are many classes.

    Args:
        balance: exponent at the beginning and the end of a training; a class of frequency f weighs
            f**-exponent.
    """
    first, last = balance

    def loss(logits: Tensor, labels: Tensor, known: Tensor, done: float) -> Tensor:
        classes, known_here = len(logits), known.to(logits.device)
        log_p = logits.log_softmax(0)
        valid = labels != UNKNOWN
        target = torch.where(valid, labels, 0)
        log_true = log_p.gather(0, target[None])[0]
        if not known.all():
            log_true = torch.where(target == 0, log_p[~known_here].logsumexp(0), log_true)
        counts = valid.float()
        zeros = torch.zeros(classes, device=logits.device)
        voxels = zeros.index_add(0, target, counts)
        frequency = (voxels / voxels.sum().clamp(min=1)).clamp(min=1e-4)
        weight = (frequency ** -(first + (last - first) * done))[target] * counts
        cross_entropy = -(log_true * weight).sum() / weight.sum().clamp(min=1e-6)
        hit = zeros.index_add(0, target, log_true.exp() * counts)
        dice = (2 * hit + 5) / ((log_p.exp() * counts).sum(1) + voxels + 5)
        present = ((voxels > 0) & known_here)[1:]
        return cross_entropy + ((1 - dice[1:]) * present).sum() / present.sum().clamp(min=1)

    return loss


def _of_monai(kind: Callable[..., Any], **fixed: Any) -> Callable[..., SampleLoss]:
    def build(**arguments: Any) -> SampleLoss:
        loss = kind(to_onehot_y=True, **fixed, **arguments)
        return _on_what_is_known(lambda logits, target: loss(logits[None], target[None, None]))

    return build


def _on_what_is_known(loss: Callable[[Tensor, Tensor], Tensor]) -> SampleLoss:
    """Lets ``loss`` see known classes and voxels: logits (classes, voxels) and labels (voxels,)."""

    def reduced(logits: Tensor, labels: Tensor, known: Tensor, done: float) -> Tensor:  # noqa: ARG001
        valid = labels != UNKNOWN
        logits, labels = logits[:, valid], labels[valid]
        if not known.all():
            kept = known.to(logits.device).clone()
            kept[0] = False
            number = torch.cumsum(kept, 0) * kept
            logits = torch.cat([logits[~kept].logsumexp(0, keepdim=True), logits[kept]])
            labels = number[labels]
        if labels.numel() == 0 or len(logits) == 1:
            return logits.sum() * 0.0
        return loss(logits, labels)

    return reduced


def _pooled_dice(**arguments: Any) -> SampleLoss:
    dice = DiceLoss(**arguments)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        truth = F.one_hot(labels, len(logits)).T[1:]
        result: Tensor = dice(logits.softmax(0)[1:].reshape(1, 1, -1), truth.reshape(1, 1, -1))
        return result

    return _on_what_is_known(loss)


def _cross_entropy(**arguments: Any) -> SampleLoss:
    return _on_what_is_known(lambda logits, labels: F.cross_entropy(logits.T, labels, **arguments))


def _binary_cross_entropy() -> SampleLoss:
    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        truth = F.one_hot(labels, len(logits)).T[1:].float()
        return F.binary_cross_entropy(logits.softmax(0)[1:], truth)

    return _on_what_is_known(loss)


_overlap = {"softmax": True, "include_background": False}
LOSSES: dict[str, Callable[..., SampleLoss]] = {
    "dice_ce": dice_cross_entropy,
    "dice": _pooled_dice,
    "dice_classwise": _of_monai(DiceLoss, **_overlap),
    "jaccard": _of_monai(DiceLoss, jaccard=True, **_overlap),
    "iou": _of_monai(DiceLoss, jaccard=True, **_overlap),
    "tversky": _of_monai(TverskyLoss, **_overlap),
    "focal": _of_monai(FocalLoss, use_softmax=True),
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy": _binary_cross_entropy,
    "bce": _binary_cross_entropy,
}
