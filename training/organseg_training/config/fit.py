"""The section about the training loop."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from .base import Section

LossName = Literal[
    "dice_ce", "dice", "dice_classwise", "jaccard", "iou", "tversky", "focal", "cross_entropy",
    "binary_cross_entropy", "bce",
]  # fmt: skip
MetricName = Literal["dice", "jaccard", "iou", "precision", "recall", "specificity", "accuracy"]


class LossTerm(Section):
    """One addend of the loss; see `organseg_training.losses`.

    Attributes:
        name: one of `LossName`, or the import path ``package.module:Class`` of the user's own.
        weight: its factor in the sum.
        arguments: of the loss, e.g. ``{"alpha": 0.3, "beta": 0.7}`` of ``tversky``.
    """

    name: str
    weight: float = 1.0
    arguments: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in get_args(LossName) and ":" not in name:
            known = ", ".join(get_args(LossName))
            raise PydanticCustomError("unknown_loss", f"{name} is no loss; choose among {known}")
        return name


class Fit(Section):
    """How weights are learnt; see `organseg_training.fit`. Times are counted in iterations.

    Attributes:
        patches: fields of view along x, y, z in voxels; each batch takes one of them at random. The
            first is the smallest that inference gives. Networks of 2D take one slice, whatever z says.
        whole_images: samples are whole scans (in 2D: whole slices) instead of patches.
        skip_blank: draw again where a sample shows no labelled class.
        iterations: optimiser steps in all.
        batch_size: samples of one step, shared among all processes.
        loss: a name, or a list of names and of terms with a weight and arguments; their sum counts.
        learning_rate: its highest value.
        schedule: how the rate falls to its end: ``cosine``, ``poly`` (power 0.9) or ``constant``.
        warmup: until the rate is reached.
        hold: share of all iterations before the rate falls.
        weight_decay: of AdamW; with 0 it is Adam.
        clip: largest norm of the gradient.
        ema_decay: of the averaged weights, which are the ones validated and exported.
        precision: ``auto`` is bf16 where the hardware computes in it, fp16 on older GPUs, else fp32.
        memory_format: ``auto`` is channels-last on GPUs and contiguous on CPUs, as measured.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        workers: processes that make samples ahead; None is 1 beside a CPU, up to 12 beside a GPU.
        on_corrupt: ``stop`` with the name of a case that cannot be read, or ``skip`` it, named and counted.
        frozen: layers that do not learn: names that theirs begin with, ``encoder``, or a number: so many
            layers from the input on.
        unfreeze: iteration from which they learn, too.
        metrics: measured in validation, besides Dice.
        validate_every, checkpoint_every, log_every: intervals.
        patience: validations without a better Dice before the training stops; 0 never stops early.
    """

    patches: tuple[tuple[int, int, int], ...] = Field(min_length=1)
    whole_images: bool = False
    skip_blank: bool = False
    iterations: int = Field(gt=0)
    batch_size: int = Field(default=1, gt=0)
    loss: tuple[LossTerm, ...] = Field(default=(LossTerm(name="dice_ce"),), min_length=1)
    learning_rate: float = Field(default=0.006, gt=0)
    schedule: Literal["cosine", "poly", "constant"] = "cosine"
    warmup: int = Field(default=200, ge=0)
    hold: float = Field(default=0.4, ge=0, lt=1)
    weight_decay: float = Field(default=0.001, ge=0)
    clip: float = Field(default=5.0, gt=0)
    ema_decay: float = Field(default=0.998, ge=0, lt=1)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    memory_format: Literal["auto", "contiguous", "channels_last"] = "auto"
    device: str = "auto"
    workers: int | None = Field(default=None, ge=0)
    on_corrupt: Literal["stop", "skip"] = "stop"
    frozen: tuple[str, ...] | int = ()
    unfreeze: int | None = None
    metrics: tuple[MetricName, ...] = ()
    validate_every: int = Field(default=200, gt=0)
    checkpoint_every: int = Field(default=200, gt=0)
    log_every: int = Field(default=25, gt=0)
    patience: int = Field(default=0, ge=0)

    @property
    def measured(self) -> tuple[MetricName, ...]:
        """What a validation measures: Dice, then ``metrics``."""
        return tuple(dict.fromkeys(("dice", *self.metrics)))

    @field_validator("loss", mode="before")
    @classmethod
    def _as_terms(cls, value: Any) -> Any:
        """``dice`` and ``[dice, {name: focal, weight: 0.5}]`` are what people write."""
        terms = value if isinstance(value, list | tuple) else [value]
        return [{"name": term} if isinstance(term, str) else term for term in terms]
