"""Train: samples made ahead by workers, mixed precision, EMA, atomic checkpoints that resume exactly."""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from OrganSegLib.networks import build
from OrganSegLib.plan import Window
from OrganSegLib.preprocess import normalise
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset

from .augment import Anatomy, augment
from .classes import CHANNELS
from .config import Config
from .loss import segmentation_loss
from .prepare import Case

LOG_EVERY = 25
CHECKPOINT_EVERY = 200


class Samples(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Sample ``n`` is a function of the seed and ``n`` alone."""

    def __init__(self, config: Config, cases: Path, first: int) -> None:
        self.config, self.first = config, first
        roles = {source.name: source for source in config.sources}
        loaded = [Case.load(path) for path in sorted(cases.glob("*.npz"))]
        chosen = [(c, _weight(c, config, roles)) for c in loaded]
        self.cases = [(Anatomy.of(c), _known(c)) for c, weight in chosen if weight > 0]
        weights = np.array([weight for _, weight in chosen if weight > 0])
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.config.iterations - self.first

    def __getitem__(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng([self.config.seed, self.first + n])
        anatomy, known = self.cases[rng.choice(len(self.cases), p=self.weights)]
        x, y, z = self.config.patches[rng.integers(len(self.config.patches))]
        hu, labels = augment(anatomy, (z, y, x), rng)
        return normalise(hu, windows(self.config)), labels, known


def windows(config: Config) -> tuple[Window, ...]:
    """The configuration's input channels as the engine knows them."""
    return tuple(Window(**window) for window in config.windows)


def network(config: Config) -> dict[str, Any]:
    """The configuration's network as a plan describes it."""
    arguments = {
        "in_channels": len(config.windows),
        "out_channels": len(CHANNELS),
        "filters": list(config.filters),
    }
    return {"name": "SubpixelUNet", "arguments": arguments}


def fit(config: Config, cases: Path, run: Path, workers: int = 1, stop_after: int | None = None) -> None:
    """Train, or go on from ``run/checkpoint.pt``; stops cleanly with a checkpoint on SIGTERM and Ctrl-C.

    Args:
        stop_after: iterations after which to stop as if asked to.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    state = _State(config)
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        state.load(checkpoint)
    samples = DataLoader(
        Samples(config, cases, state.iteration),
        batch_size=1,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    started, losses = time.time(), []
    with (run / "log.jsonl").open("a", encoding="utf-8") as log, _asked_to_stop() as asked:
        for x, labels, known in samples:
            losses.append(state.step(x, labels[0], known[0]))
            if state.iteration % LOG_EVERY == 0 or state.iteration == config.iterations:
                entry = {
                    "iteration": state.iteration,
                    "loss": round(float(np.mean(losses[-LOG_EVERY:])), 4),
                    "rate": state.optimiser.param_groups[0]["lr"],
                    "seconds": round(time.time() - started, 1),
                }
                log.write(json.dumps(entry) + "\n")
                log.flush()
            if asked or state.iteration == stop_after:
                break
            if state.iteration % CHECKPOINT_EVERY == 0:
                state.save(checkpoint)
    state.save(checkpoint)


class _State:
    """Everything that a checkpoint must hold."""

    def __init__(self, config: Config) -> None:
        self.config, self.iteration = config, 0
        self.model = build(network(config))
        _start_at_background(self.model)
        self.ema = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay))
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), config.learning_rate, betas=(0.9, 0.99), weight_decay=config.weight_decay
        )

    def step(self, x: Tensor, labels: Tensor, known: Tensor) -> float:
        done = self.iteration / self.config.iterations
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * _schedule(self.iteration, self.config)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(x)
        loss = segmentation_loss(logits[0].float(), labels, known, balance=0.5 - 0.3 * done)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.ema.update_parameters(self.model)
        self.iteration += 1
        return float(loss.detach())

    def save(self, path: Path) -> None:
        parts = {name: getattr(self, name).state_dict() for name in ("model", "ema", "optimiser")}
        temporary = path.with_suffix(".tmp")
        torch.save({"iteration": self.iteration, **parts}, temporary)
        os.replace(temporary, path)

    def load(self, path: Path) -> None:
        parts = torch.load(path, weights_only=True)
        self.iteration = parts.pop("iteration")
        for name, values in parts.items():
            getattr(self, name).load_state_dict(values)


def _schedule(iteration: int, config: Config) -> float:
    """Warm up, hold, then a cosine fall over the last 60 %: the end can be moved while it holds."""
    warm = min(1.0, (iteration + 1) / config.warmup)
    fall = max(0.0, (iteration / config.iterations - 0.4) / 0.6)
    return warm * (0.5 * (1 + math.cos(math.pi * fall)) + 0.002)


def _start_at_background(model: nn.Module) -> None:
    """Bias of the output: background is the likely class, or the first steps are spent on learning that."""
    head = [m for m in model.modules() if isinstance(m, nn.Conv3d) and m.out_channels % len(CHANNELS) == 0][
        -1
    ]
    bias = torch.full((len(CHANNELS), head.out_channels // len(CHANNELS)), -2.0)
    bias[0] = 2.0
    with torch.no_grad():
        head.bias.copy_(bias.flatten())  # type: ignore[union-attr]


def _weight(case: Case, config: Config, sources: dict[str, Any]) -> float:
    if case.name in sources:
        source = sources[case.name]
        return source.weight if source.role == "train" else 0.0
    return config.phantom_weight / config.phantoms


def _known(case: Case) -> Tensor:
    return torch.tensor([case.complete or channel in case.known for channel in CHANNELS])


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """A list that is empty until SIGTERM or Ctrl-C comes."""
    received: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda n, _: received.append(n)) for number in numbers]
    try:
        yield received
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def log_entries(run: Path) -> Iterator[dict[str, float]]:
    """What `fit` wrote into ``log.jsonl``."""
    for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
