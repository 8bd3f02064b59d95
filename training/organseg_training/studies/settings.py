"""A configuration with the settings of one training of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import Config
from ..errors import ConfigError

# All trainings of a study share the prepared cases; these decide what is in them.
FIXED = ("name", "data", "split", "organs", "helpers", "tissues", "dimensions", "spacing_mm")
_ENDS = ("a_min", "a_max", "b_min", "b_max")


def with_settings(config: Config, values: Mapping[str, Any]) -> Config:
    """The configuration with other values.

    Args:
        config: what stays as it is.
        values: by dotted key. ``windows.N.a_min``, ``a_max``, ``b_min`` and ``b_max`` describe a window by
            its input and output range, see `_with_windows`.

    Raises:
        ConfigError: ``config.fixed_key`` for what the trainings of a study must share; as `Config.changed`.
    """
    for key in values:
        if key.partition(".")[0] in FIXED:
            raise ConfigError(
                "config.fixed_key",
                f"{key} decides how scans are prepared, and all trainings of a study share the same cases.",
                "Start one study for each value.",
            )
    return config.changed(**_with_windows(config, values))


def _with_windows(config: Config, values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace ``windows.N.a_min``, ``a_max``, ``b_min`` and ``b_max`` by the keys that a window has.

    HU are clipped to [a_min, a_max] and this range becomes [b_min, b_max] (the arguments of MONAI's
    ``ScaleIntensityRange``). Ends that are not among ``values`` stay as the configuration has them.

    Raises:
        ConfigError: ``config.bad_range`` where a range is empty.
    """
    plain = {key: value for key, value in values.items() if key.rpartition(".")[2] not in _ENDS}
    ends = {key: value for key, value in values.items() if key not in plain}
    for section in sorted({key.rpartition(".")[0] for key in ends}):
        plain |= {f"{section}.{key}": value for key, value in _window(config, section, ends).items()}
    return plain


def _window(config: Config, section: str, ends: Mapping[str, Any]) -> dict[str, float]:
    kind, _, place = section.partition(".")
    if kind != "windows" or not place.isdigit() or int(place) >= len(config.windows):
        raise ConfigError(
            "config.unknown_key",
            f"The configuration has no {section}.",
            f"It has {len(config.windows)} windows, the first is windows.0.",
        )
    window = config.windows[int(place)]
    now = {
        "a_min": window.low,
        "a_max": window.high,
        "b_min": (window.low - window.centre) / window.scale,
        "b_max": (window.high - window.centre) / window.scale,
    }
    a_min, a_max, b_min, b_max = (float(ends.get(f"{section}.{end}", now[end])) for end in _ENDS)
    if a_min >= a_max or b_min >= b_max:
        raise ConfigError(
            "config.bad_range",
            f"{section}: HU from {a_min:g} to {a_max:g} cannot become {b_min:g} to {b_max:g}.",
            "Choose ranges whose lower ends always lie below the upper ones.",
        )
    scale = (a_max - a_min) / (b_max - b_min)
    return {"low": a_min, "high": a_max, "centre": a_min - b_min * scale, "scale": scale}
