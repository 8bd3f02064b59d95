"""One process or many: what ``torchrun`` starts joins here, and a plain run is a world of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class Processes:
    """This process among those that train one model together."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this process writes the run's files."""
        return self.rank == 0

    def gather(self, value: Any) -> list[Any]:
        """Everybody's value, in the order of ranks."""
        values = [value] * self.world
        if self.world > 1:
            dist.all_gather_object(values, value)
        return values

    def any(self, mine: bool) -> bool:
        """Whether anybody says yes."""
        if self.world == 1:
            return mine
        flag = torch.tensor(int(mine))
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag)


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """The group that ``torchrun`` describes in the environment.

    Gradients go over NCCL on GPUs; all else over Gloo, so that nobody waits for a GPU to be told something.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Processes()
        return
    mine = not dist.is_initialized()
    if mine:
        if device.type == "cuda":
            torch.cuda.set_device(device)
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), world, int(os.environ["LOCAL_RANK"]))
    finally:
        if mine:
            dist.destroy_process_group()
