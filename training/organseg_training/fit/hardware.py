"""Where and in which precision to compute."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass

import torch

from ..config.fit import Fit
from ..errors import TrainingError

MOST_WORKERS = 12


@dataclass(frozen=True)
class Hardware:
    """A device and how it is used best.

    Attributes:
        device: of the network.
        precision: of its convolutions: ``fp32``, ``bf16`` or ``fp16``.
        channels_last: layout of its features.
        workers: processes that make samples.
    """

    device: torch.device
    precision: str
    channels_last: bool
    workers: int

    @classmethod
    def of(cls, fit: Fit, local_rank: int = 0) -> Hardware:
        """What the configuration asks for, with everything that it leaves open decided.

        Raises:
            TrainingError: ``training.no_device``.
        """
        device = _device(fit.device, local_rank)
        precision = _best_precision(device) if fit.precision == "auto" else fit.precision
        automatic = fit.memory_format == "auto" and device.type == "cuda"
        beside = 1 if device.type == "cpu" else min(MOST_WORKERS, os.cpu_count() or 1)
        return cls(
            device,
            precision,
            automatic or fit.memory_format == "channels_last",
            beside if fit.workers is None else fit.workers,
        )

    @property
    def dtype(self) -> torch.dtype:
        """Of convolutions, where precision is reduced."""
        return torch.float16 if self.precision == "fp16" else torch.bfloat16

    def autocast(self, reduced: bool = True) -> torch.autocast:
        """The context in which the network runs; in float32 where precision must not be reduced."""
        return torch.autocast(self.device.type, self.dtype, enabled=reduced and self.precision != "fp32")

    def memory_format(self, dimensions: int) -> torch.memory_format:
        """Of weights and inputs."""
        if not self.channels_last:
            return torch.contiguous_format
        return torch.channels_last if dimensions == 2 else torch.channels_last_3d


def _device(name: str, local_rank: int) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{local_rank}"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts where it was built without CUDA
        raise TrainingError(
            "training.no_device",
            f"The device {name} is not available on this computer.",
            "Choose another one with --device, or auto.",
        ) from error
    return device


def _best_precision(device: torch.device) -> str:
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    in_hardware = device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "bf16" if in_hardware else "fp32"


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed: each iteration frees and takes the same gigabyte.

    First touch of fresh memory costs more than the convolutions on a virtual machine (measured: 0.55 s an
    iteration without, 0.36 s with it). The numbers stand for M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD of
    ``malloc.h``.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        for parameter, value in ((-4, 0), (-1, 2**31 - 1), (-2, 256 << 20)):
            mallopt(parameter, value)
