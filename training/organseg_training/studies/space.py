"""Which settings a search may try: ranges as text, ready sets by name, narrower ranges around the best."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from optuna import Trial
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ..config import Config
from ..errors import ConfigError
from .settings import with_settings

Range = FloatDistribution | IntDistribution | CategoricalDistribution
Space = dict[str, Range]

# The ranges that published CT pipelines search by hand: intensities a_min..a_max become b_min..b_max.
READY = {
    "classic": {
        "windows.0.a_min": "int:-400..-50",
        "windows.0.a_max": "int:100..600",
        "windows.0.b_min": "-1..0",
        "windows.0.b_max": "0.5..1.5",
        "fit.learning_rate": "log:1e-4..1e-2",
        "fit.weight_decay": "log:1e-6..1e-2",
    }
}
NARROWER = 1 / 3  # width of a refined range, relative to the one before

_RANGE = re.compile(r"(?:(?P<kind>log|int|float):)?(?P<low>.+?)\.\.(?P<high>.+?)(?:/(?P<step>.+))?")


def make_space(config: Config) -> Space:
    """The ranges that ``config.tune`` names, tried out on the configuration before anything runs.

    Raises:
        ConfigError: ``config.no_search`` where nothing is named, ``config.bad_range``, or as
            `with_settings` for keys and values that the configuration does not allow.
    """
    texts = READY.get(config.tune.space, {}) | dict(config.tune.search)
    if not texts:
        raise ConfigError(
            "config.no_search",
            "Nothing to search: no key has a range.",
            "Add --search fit.learning_rate=log:1e-4..1e-2, or --space classic.",
        )
    space = {key: parse_range(key, text) for key, text in texts.items()}
    for minima, others in (("low", "low"), ("high", "high"), ("high", "low")):  # last: narrowest windows
        ends = {"_min": minima}
        applied(config, {key: _end(ranged, ends.get(key[-4:], others)) for key, ranged in space.items()})
    for key, ranged in space.items():
        if isinstance(ranged, CategoricalDistribution):
            for choice in ranged.choices:
                applied(config, {key: choice})
    return space


def parse_range(key: str, text: str | Iterable[Any]) -> Range:
    """A range as Optuna knows it.

    Args:
        text: ``LOW..HIGH``, ``log:LOW..HIGH`` or ``int:LOW..HIGH``, with ``/STEP`` behind it where not
            every value counts; or choices, as a list or separated by commas. Choices are kept as JSON,
            because Optuna stores nothing more than text and numbers.

    Raises:
        ConfigError: ``config.bad_range``.
    """
    match = _RANGE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        choices = parse_choices(key, text) if isinstance(text, str) else list(text)
        return CategoricalDistribution([json.dumps(choice) for choice in choices])
    number = int if match["kind"] == "int" else float
    try:
        low, high = number(match["low"]), number(match["high"])
        step = number(match["step"]) if match["step"] else None
        if low >= high:
            raise ValueError
        if number is int:
            return IntDistribution(low, high, step=step or 1)  # type: ignore[arg-type]
        return FloatDistribution(low, high, log=match["kind"] == "log", step=step)
    except ValueError as error:
        raise ConfigError(
            "config.bad_range",
            f"{key}: {text} is not a range.",
            "Write LOW..HIGH with LOW below HIGH, log:LOW..HIGH with LOW above 0, int:LOW..HIGH, or choices.",
        ) from error


def parse_choices(key: str, text: str) -> list[Any]:
    """Values separated by commas, each read as YAML: ``bce,dice`` or ``[8, 16],[16, 32]``.

    Raises:
        ConfigError: ``config.bad_range``.
    """
    try:
        values: list[Any] = yaml.safe_load(f"[{text}]")
    except yaml.YAMLError as error:
        raise ConfigError(
            "config.bad_range", f"{key}: {text} is not a list of values.", "Separate them with commas."
        ) from error
    if not values:
        raise ConfigError("config.bad_range", f"{key} has no values.", f"Write {key}=FIRST,SECOND.")
    return values


def suggest(trial: Trial, space: Space) -> dict[str, Any]:
    """What the trial's sampler draws for each key."""
    drawn: dict[str, Any] = {}
    for key, ranged in space.items():
        if isinstance(ranged, IntDistribution):
            drawn[key] = trial.suggest_int(key, ranged.low, ranged.high, step=ranged.step)
        elif isinstance(ranged, FloatDistribution):
            drawn[key] = trial.suggest_float(key, ranged.low, ranged.high, step=ranged.step, log=ranged.log)
        else:
            drawn[key] = trial.suggest_categorical(key, ranged.choices)
    return drawn


def applied(config: Config, drawn: Mapping[str, Any]) -> Config:
    """The configuration with the values of a trial.

    Raises:
        ConfigError: as `with_settings`.
    """
    return with_settings(config, plain(drawn))


def plain(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Drawn values as the configuration has them: choices are JSON no more."""
    return {key: json.loads(value) if isinstance(value, str) else value for key, value in drawn.items()}


def grid(space: Space, points: int) -> dict[str, list[Any]]:
    """The values that a grid search tries: choices, steps, or ``points`` evenly spaced along a range."""
    return {key: _points(ranged, points) for key, ranged in space.items()}


def narrowed(space: Space, best: Mapping[str, Any]) -> Space:
    """Each range a third as wide around its best value, within the old one; choices stay open."""
    return {key: _narrowed(ranged, best[key]) for key, ranged in space.items()}


def _points(ranged: Range, points: int) -> list[Any]:
    if isinstance(ranged, CategoricalDistribution):
        return list(ranged.choices)
    if ranged.step and (isinstance(ranged, FloatDistribution) or ranged.step > 1):
        count = int((ranged.high - ranged.low) / ranged.step + 1e-9) + 1
        return [ranged.low + n * ranged.step for n in range(count)]
    low, high = _scaled(ranged, ranged.low), _scaled(ranged, ranged.high)
    values = [_unscaled(ranged, low + (high - low) * n / (points - 1)) for n in range(points)]
    return sorted({round(v) for v in values}) if isinstance(ranged, IntDistribution) else values


def _narrowed(ranged: Range, best: Any) -> Range:
    if isinstance(ranged, CategoricalDistribution):
        return ranged
    centre = _scaled(ranged, best)
    half = (_scaled(ranged, ranged.high) - _scaled(ranged, ranged.low)) * NARROWER / 2
    low, high = _unscaled(ranged, centre - half), _unscaled(ranged, centre + half)
    if ranged.step is None:
        return FloatDistribution(low, high, log=ranged.log)
    first = math.floor((low - ranged.low) / ranged.step)
    last = math.ceil((high - ranged.low) / ranged.step)
    low, high = ranged.low + first * ranged.step, ranged.low + last * ranged.step
    if isinstance(ranged, IntDistribution):
        return IntDistribution(int(low), int(high), step=ranged.step)
    return FloatDistribution(low, high, step=ranged.step)


def _scaled(ranged: IntDistribution | FloatDistribution, value: float) -> float:
    return math.log(value) if ranged.log else value


def _unscaled(ranged: IntDistribution | FloatDistribution, value: float) -> float:
    """Inverse of `_scaled`, within the range, which rounding may leave by a hair."""
    return min(max(math.exp(value) if ranged.log else value, ranged.low), ranged.high)


def _end(ranged: Range, end: str) -> Any:
    return ranged.choices[0] if isinstance(ranged, CategoricalDistribution) else getattr(ranged, end)
