"""A limit on what a network may take up: a plan from a stranger can ask for more than any computer has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook


@contextmanager
def at_most(parameters: int, refusal: Exception) -> Iterator[None]:
    """While the block lasts, a network with more parameters raises ``refusal`` when it is built.

    They are counted as layers register them, before these write a first value into the memory that the
    system has only promised.
    """
    left = parameters

    def count(_layer: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal left
        left -= parameter.numel() if parameter is not None else 0
        if left < 0:
            raise refusal

    counting = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        counting.remove()
