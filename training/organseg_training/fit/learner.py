"""Everything that changes while a network learns: one step of it, and its way into a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from OrganSegLib.networks import build
from OrganSegLib.tiles import smallest_shape
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..config import Config
from ..errors import TrainingError
from ..losses import build_loss
from ..plan import make_plan, network_of
from ..run_folder import BEST, CHECKPOINT
from . import checkpoint
from .batches import Batch
from .hardware import Hardware
from .initial import load_initial
from .layers import Layer, freeze, layers_in_order, start_at_background
from .precision import gradients_agree
from .processes import Processes
from .schedule import rate

# Settings that give the weights their meaning: a checkpoint of others cannot be gone on with.
FIXED = ("seed", "organs", "helpers", "dimensions", "spacing_mm", "windows", "network")


@dataclass
class Standing:
    """How far a training has come.

    Attributes:
        iteration: steps done.
        seconds: that they took, over all sessions.
        best_iteration, best_dice: of the best validation.
        stale: validations since then.
        corrupt: case that cannot be read -> how many samples were drawn from other cases in its place.
    """

    iteration: int = 0
    seconds: float = 0.0
    best_iteration: int = 0
    best_dice: float = -1.0
    stale: int = 0
    corrupt: dict[str, int] = field(default_factory=dict)


class Learner:
    """A network, its moving average, and the optimiser.

    Args:
        config: of the run.
        hardware: to compute on.
        processes: that learn together; all begin with the same weights.
        initial: weights to begin from, see `load_initial`.
        frozen: layers that do not learn, see `freeze`.
    """

    def __init__(
        self,
        config: Config,
        hardware: Hardware,
        processes: Processes,
        initial: Path | None = None,
        frozen: Sequence[str] | int = (),
    ) -> None:
        self.config, self.hardware, self.processes = config, hardware, processes
        self.standing, self.loss = Standing(), build_loss(config.fit.loss)
        torch.manual_seed(config.seed)
        network = build(network_of(config))
        layers = self._layers(network)
        start_at_background(layers, len(config.classes.channels))
        if initial is not None:
            load_initial(network, initial, layers[-1].name, config.classes.channels)
        self.frozen = bool(frozen)
        if frozen:
            freeze(network, layers, frozen)
        self.format = hardware.memory_format(config.dimensions)
        self.network: nn.Module = network.to(hardware.device, memory_format=self.format)  # type: ignore[call-overload]
        average = get_ema_multi_avg_fn(config.fit.ema_decay)  # type: ignore[no-untyped-call]
        self.ema = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), betas=(0.9, 0.99), weight_decay=config.fit.weight_decay
        )
        self.scaler = torch.amp.GradScaler(hardware.device.type, enabled=hardware.precision == "fp16")
        self.shared = self._shared()
        self.trusted: dict[torch.Size, bool] = {}
        torch.manual_seed(config.seed + processes.rank)  # dropout differs between processes

    def step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Learn from a batch; returns the loss and the logits, detached."""
        fit, done = self.config.fit, self.standing.iteration
        if self.frozen and fit.unfreeze is not None and done >= fit.unfreeze:
            self.frozen = False
            self.network.requires_grad_(True)
            self.shared = self._shared()
        for group in self.optimiser.param_groups:
            group["lr"] = rate(done, fit)
        x = batch.x.to(self.hardware.device, non_blocking=True, memory_format=self.format)
        labels = batch.labels.to(self.hardware.device, non_blocking=True)
        with self.hardware.autocast(self._is_trusted(x.shape)):
            logits = self.shared(x)
        loss = self.loss(logits, labels, batch.known, done / fit.iterations)
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.network.parameters(), fit.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.ema.update_parameters(self.network)
        self.standing.iteration += 1
        return loss.detach(), logits.detach()

    def save(self, run: Path) -> None:
        """Write the checkpoint; all processes take part, the first one writes."""
        random = self.processes.gather(_random_state())
        if self.processes.first:
            parts = {name: part.state_dict() for name, part in self._parts().items()}
            config = self.config.model_dump(mode="json")
            facts = {"iteration": self.standing.iteration, "standing": asdict(self.standing)}
            checkpoint.write(run / CHECKPOINT, {**parts, **facts, "random": random, "config": config})

    def save_best(self, run: Path) -> None:
        """Keep the averaged weights as the best ones so far."""
        checkpoint.write(run / BEST, {"ema": self.ema.state_dict(), "iteration": self.standing.iteration})

    def load(self, run: Path) -> None:
        """Go on where `save` was called.

        Raises:
            TrainingError: ``training.other_config`` when the checkpoint is of another network, or as
                `checkpoint.read`.
        """
        parts = checkpoint.read(run / CHECKPOINT)
        now = self.config.model_dump(mode="json")
        if other := [key for key in FIXED if parts["config"].get(key) != now[key]]:
            raise TrainingError(
                "training.other_config",
                f"The checkpoint in {run} was made with other settings of: {', '.join(other)}.",
                "Choose another --run folder, or begin anew with --no-resume.",
            )
        for name, part in self._parts().items():
            part.load_state_dict(parts[name])
        self.standing = Standing(**parts["standing"])
        if self.processes.rank < len(parts["random"]):
            _set_random_state(parts["random"][self.processes.rank])

    def _is_trusted(self, shape: torch.Size) -> bool:
        """Whether reduced precision learns the same from inputs of this shape; asked once for each."""
        if self.hardware.device.type != "cpu" or self.hardware.precision == "fp32":
            return True
        if shape not in self.trusted:
            self.trusted[shape] = gradients_agree(self.network, shape, self.hardware.dtype)
        return self.trusted[shape]

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.network,
            "ema": self.ema,
            "optimiser": self.optimiser,
            "scaler": self.scaler,
        }

    def _shared(self) -> nn.Module:
        """The network, with gradients averaged over all processes."""
        if self.processes.world == 1:
            return self.network
        device = self.hardware.device
        shared: nn.Module = DistributedDataParallel(self.network, [device] if device.type == "cuda" else None)
        return shared

    def _layers(self, network: nn.Module) -> list[Layer]:
        """Of a run over an empty input of the smallest patch."""
        space = smallest_shape(make_plan(self.config))[-self.config.dimensions :]
        try:
            return layers_in_order(network, torch.zeros(1, len(self.config.windows), *space))
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                "training.patch_does_not_fit",
                f"The network {self.config.network.name} cannot see patches of "
                f"{' x '.join(map(str, space[::-1]))} voxels: {error}.",
                "Set fit.patches and network.multiple to sizes that it takes, e.g. a higher power of two.",
            ) from error


def _random_state() -> dict[str, Any]:
    """Of torch, which dropout draws from; samples have generators of their own."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def _set_random_state(state: dict[str, Any]) -> None:
    torch.set_rng_state(state["cpu"])
    if len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
