"""What a parameter may be, as annotations of its type."""

from collections.abc import Sequence
from typing import Any


class WithinRange:
    """A number from ``minimum`` to ``maximum``, both included."""

    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: float) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not within {self.minimum} and {self.maximum}")


class Choice:
    """One of ``choices``."""

    def __init__(self, choices: Sequence[Any]) -> None:
        self.choices = choices

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"{value!r} is none of {list(self.choices)}")
