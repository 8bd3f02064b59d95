"""Everything that decides a model, in one value; how it is read from YAML and the command line."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError

from ..classes import Classes
from ..errors import ConfigError, nearest_name
from ..files import write_text
from .ablation import Ablation
from .augmentation import Augmentation
from .base import Section
from .card import Card
from .data import Data, Split
from .evaluation import Evaluation
from .fit import Fit
from .network import Network, Window
from .selftraining import SelfTraining
from .tune import Tune

Placed = TypeVar("Placed", Data, SelfTraining)


class Config(Section):
    """One run. Lengths are in voxels or millimetres along x, y, z of the patient.

    Attributes:
        name: of the model and of its run folder.
        version: of the model.
        description: one line for the user who chooses a model.
        licence: of the weights.
        seed: of everything random.
        data: collections to learn from and to check on.
        split: how cases are divided.
        organs, helpers, tissues: see `Classes`.
        left_out: organs that are learnt and too weak to ship: in the exported model they are background.
        experimental: organs that are shipped though their scores are low; users are told of it.
        logit_adjustment: organ -> what is taken from its logit in the exported model, in nats. A loss that
            weighs rare classes more draws them too large; this takes it back (Menon et al., ICLR 2021,
            arXiv:2007.07314). The weighting of ``dice_ce`` alone is worth 0.2 ln(1 / frequency).
        dimensions: 2 for networks that see one axial slice at a time, else 3.
        spacing_mm: voxel size of the network; in 2D, 0 along z keeps the scan's own slices.
        windows: input channels.
        network, augmentation, fit, tune, ablation: see there.
    """

    name: str
    version: str = "0.1.0"
    description: str = ""
    licence: str = "unstated"
    seed: int = 1
    data: tuple[Data, ...]
    split: Split = Split()
    organs: tuple[str, ...]
    helpers: tuple[str, ...] = ()
    tissues: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    experimental: tuple[str, ...] = ()
    logit_adjustment: dict[str, float] = Field(default_factory=dict)
    dimensions: Literal[2, 3] = 3
    spacing_mm: tuple[float, float, float] = (3.0, 3.0, 3.0)
    windows: tuple[Window, ...]
    network: Network = Network()
    augmentation: Augmentation = Augmentation()
    fit: Fit
    self_training: SelfTraining = SelfTraining()
    evaluation: Evaluation = Evaluation()
    card: Card = Card()
    tune: Tune = Tune()
    ablation: Ablation = Ablation()

    @cached_property
    def classes(self) -> Classes:
        """The numbering of classes."""
        return Classes(self.organs, self.helpers, self.tissues)

    def changed(self, **values: Any) -> Config:
        """A copy with other values; a key within a section is dotted, or has ``__`` for the dot.

        ``changed(fit__iterations=3)`` or ``changed(**{"windows.0.low": -160})``.

        Raises:
            ConfigError: as `load_config`.
        """
        return _checked(
            _overridden(self.model_dump(mode="json"), {k.replace("__", "."): v for k, v in values.items()}),
            self.name,
        )

    def save(self, path: Path) -> None:
        """Write YAML that `load_config` reads back as an equal value."""
        write_text(path, yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False))


def load_config(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """Read a YAML file; folders in it are relative to the file.

    Args:
        overrides: dotted key -> value (``{"fit.iterations": 100}``), as ``--set`` of the command line gives.

    Raises:
        ConfigError: ``config.missing``, ``config.not_yaml``, ``config.unknown_key`` (with the nearest name),
            ``config.bad_value``.
    """
    try:
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            "config.missing", f"The configuration {path} cannot be read.", "Check its name."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(
            "config.not_yaml", f"{path} is not valid YAML: {error}.", "Correct it and try again."
        ) from error
    if not isinstance(facts, dict):
        raise ConfigError(
            "config.not_yaml",
            f"{path} holds no keys and values.",
            "Begin from an example in training/configs.",
        )
    config = _checked(_overridden(facts, overrides or {}), str(path))
    data = tuple(_placed(section, path.parent) for section in config.data)
    return config.model_copy(
        update={"data": data, "self_training": _placed(config.self_training, path.parent)}
    )


def _placed(section: Placed, beside: Path) -> Placed:
    """A section whose folder no longer depends on where the file lies."""
    return section.model_copy(update={"folder": (beside / section.folder).resolve()})


def _overridden(facts: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    for key, value in overrides.items():
        try:
            _put(facts, key.split("."), value)
        except (ValueError, TypeError, IndexError) as error:
            raise ConfigError(
                "config.unknown_key",
                f"The key {key} leads nowhere.",
                "Write it as in the YAML file, with numbers for places in lists: windows.0.low.",
            ) from error
    return facts


def _put(place: Any, key: list[str], value: Any) -> None:
    """Set what ``key`` names; places in lists are numbers, sections that are left out are made."""
    first, *rest = key
    at: Any = int(first) if isinstance(place, list) else first
    if not rest:
        place[at] = value
        return
    if isinstance(place, dict):
        place.setdefault(at, {})
    _put(place[at], rest, value)


def _checked(facts: dict[str, Any], where: str) -> Config:
    try:
        return Config.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            hint = nearest_name(str(first["loc"][-1]), _keys(Config), "Remove it.")
            raise ConfigError("config.unknown_key", f"{where}: the key {key} is not known.", hint) from error
        raise ConfigError(
            "config.bad_value", f"{where}: {key}: {first['msg']}.", "Correct it and try again."
        ) from error


def _keys(section: type[BaseModel]) -> set[str]:
    """Names of all keys, in this section and those below."""
    keys = set()
    for name, field in section.model_fields.items():
        keys.add(name)
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys |= _keys(kind)
    return keys
