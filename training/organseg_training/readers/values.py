"""From the numbers in label files to those of `Classes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..classes import UNKNOWN, Classes
from ..errors import ConfigError, DataError

if TYPE_CHECKING:
    from ..config.data import Data

NOBODY_KNOWS = "unknown"


@dataclass(frozen=True)
class LabelValues:
    """What the values in a collection's label files mean.

    Attributes:
        numbers: value in the files -> class number.
        known: names of the classes that the labels tell of.
    """

    numbers: dict[int, int]
    known: tuple[str, ...]

    @classmethod
    def of(cls, data: Data, classes: Classes) -> LabelValues:
        """The meaning that the configuration gives.

        ``background`` takes what is not to be learnt, ``unknown`` what nobody knows.

        Raises:
            ConfigError: ``config.bad_value`` for no labels, an unknown class, or a value of two classes.
        """
        if not data.labels:
            raise ConfigError(
                "config.bad_value",
                f"data ({data.layout}): labels is empty.",
                "Say which value in the label files is which class, e.g. labels: {liver: 1}.",
            )
        numbers = {0: 0}
        for name, given in data.labels.items():
            if name != NOBODY_KNOWS:
                require_class(name, classes)
            number = UNKNOWN if name == NOBODY_KNOWS else classes.index[name]
            for value in given if isinstance(given, tuple) else (given,):
                if not isinstance(value, int) or numbers.setdefault(value, number) != number:
                    raise ConfigError(
                        "config.bad_value",
                        f"data.labels: {name}: {value} is no number, or means two classes.",
                        "Give each class its own values in the label files.",
                    )
        return cls(numbers, tuple(name for name in data.labels if name not in ("background", NOBODY_KNOWS)))

    @classmethod
    def published(cls, names: dict[int, str], classes: Classes) -> LabelValues:
        """A published numbering (see `numbering`); its structures that are no class here are background."""
        numbers = {value: classes.index.get(name, 0) for value, name in names.items()}
        return cls({0: 0, **numbers}, tuple(n for n in classes.names if n in set(names.values())))

    def translated(self, values: NDArray[Any], file: str) -> NDArray[np.uint8]:
        """``values`` in class numbers.

        Args:
            values: of any number type and shape.
            file: named in errors.

        Raises:
            DataError: ``data.label_values`` names the values that are not in the list.
        """
        present = np.unique(values)
        unknown = [value for value in present.tolist() if value not in self.numbers]
        if unknown:
            shown = ", ".join(f"{value:g}" for value in unknown[:5]) + (" ..." if len(unknown) > 5 else "")
            listed = ", ".join(map(str, sorted(self.numbers)))
            raise DataError(
                "data.label_values",
                f"{file} holds label values that are not in the list: {shown} (listed: {listed}).",
                "Correct the file, or add the values to `labels` in the configuration (`background` takes "
                "what is not to be learnt).",
            )
        targets = np.array([self.numbers[value] for value in present.tolist()], np.uint8)
        return targets[np.searchsorted(present, values)]


def require_class(name: str, classes: Classes) -> None:
    """Require that a key of ``data.labels`` is a class of the run.

    Raises:
        ConfigError: ``config.bad_value``.
    """
    if name not in classes.index:
        raise ConfigError(
            "config.bad_value",
            f"data.labels: {name} is no class of this run.",
            f"The classes are {', '.join(classes.names)}.",
        )
