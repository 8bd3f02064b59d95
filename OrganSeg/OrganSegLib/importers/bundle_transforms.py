"""A bundle's transforms and sliding window in OrganSeg's terms; what OrganSeg cannot do alike is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..plan import BundleInput, Window
from .bundle_config import Component, Config
from .refusals import unsupported

HU = (-32768.0, 32767.0)  # more than any CT holds: a window that leaves it as it is
# Transform or inferer -> its settings: those values that OrganSeg knows; ANY where it does not matter, ()
# where all are read.
ANY: Any = ...
READERS: dict[str, dict[str, Any]] = {
    "LoadImaged": {"reader": ANY, "image_only": ANY, "ensure_channel_first": ANY, "dtype": ANY},
    "EnsureChannelFirstd": {"channel_dim": ANY, "strict_check": ANY},
    "EnsureTyped": {"dtype": ANY, "device": ANY, "data_type": ANY, "track_meta": ANY},
    "ToTensord": {},
}
ORDERED: dict[str, dict[str, Any]] = {  # in the only order that OrganSeg knows
    "Orientationd": {"axcodes": ()},
    "Spacingd": {
        "pixdim": (),
        "mode": ("bilinear", ["bilinear"]),
        "padding_mode": ("border", ["border"]),
        "align_corners": (False, [False]),
        "diagonal": (False,),
        "scale_extent": (False, [False]),
        "recompute_affine": (False,),
        "dtype": ANY,
    },
    "ScaleIntensityRanged": {"a_min": (), "a_max": (), "b_min": (), "b_max": (), "clip": (), "dtype": ANY},
    "NormalizeIntensityd": {"nonzero": (), "channel_wise": ANY, "dtype": ANY},
    "ScaleIntensityd": {"minv": (), "maxv": (), "channel_wise": ANY, "dtype": ANY},
}
WINDOWS: dict[str, dict[str, Any]] = {
    "SlidingWindowInferer": {
        "roi_size": (),
        "overlap": (),
        "mode": ("constant", "gaussian"),
        "padding_mode": ("constant", "replicate"),
        "sigma_scale": (0.125,),
        "cval": (0,),
        **dict.fromkeys(("sw_batch_size", "sw_device", "device", "progress"), ANY),
        **dict.fromkeys(("cache_roi_weight_map", "cpu_thresh", "buffer_steps", "buffer_dim"), ANY),
    }
}
AFTERWARDS: dict[str, dict[str, Any]] = {
    "Activationsd": {"softmax": (True, [True]), "sigmoid": (False, [False])},
    "AsDiscreted": {"argmax": (), "to_onehot": ANY},
    "Invertd": dict.fromkeys(
        ("transform", "orig_keys", "meta_keys", "orig_meta_keys", "meta_key_postfix", "nearest_interp")
        + ("to_tensor", "device"),
        ANY,
    ),
    "EnsureTyped": READERS["EnsureTyped"],
    "SaveImaged": ANY,
}
KNOWN = {*READERS, *ORDERED, *WINDOWS, *AFTERWARDS}
BESIDE = {"keys", "allow_missing_keys", "lazy"}


@dataclass(frozen=True)
class Preparation:
    """How a bundle prepares a scan.

    Attributes:
        spacing_mm: along x, y, z.
        patch: tile along x, y, z.
        window: of its one input.
        way: the rest.
    """

    spacing_mm: tuple[float, float, float]
    patch: tuple[int, int, int]
    window: Window
    way: BundleInput


def preparation(config: Config, orientation: str | None) -> Preparation:
    """What ``preprocessing`` and ``inferer`` of a bundle do.

    Args:
        config: of the bundle.
        orientation: of the images it learned from, where it does not tell.

    Raises:
        ModelError: ``model.import_unsupported`` with the name of what OrganSeg does not do.
        KeyError, TypeError, ValueError: when an entry is missing or makes no sense.
    """
    found = _ordered(config)
    if "Spacingd" not in found:
        raise unsupported("it does not resample scans (Spacingd)")
    axes = found["Orientationd"]["axcodes"] if "Orientationd" in found else orientation
    if axes is None:
        raise unsupported("it does not tell how its images lie (Orientationd): name their --orientation")
    window = _window(found["ScaleIntensityRanged"]) if "ScaleIntensityRanged" in found else Window(*HU, 0, 1)
    patch, tiling = _tiling(config)
    way = BundleInput(orientation=str(axes), standardise=_standardise(found), span=_span(found), **tiling)
    return Preparation(_three(float, found["Spacingd"]["pixdim"]), patch, window, way)


def check_afterwards(config: Config) -> None:
    """Refuse labels that are made in any way but by the largest output.

    Raises:
        ModelError: ``model.import_unsupported``.
    """
    argmax = False
    for step in config.steps("postprocessing"):
        settings = _settings(config, step, AFTERWARDS)
        argmax |= step.name == "AsDiscreted" and settings.get("argmax") in (True, [True])
    if not argmax:
        raise unsupported("its labels may overlap: it does not take the largest output (AsDiscreted, argmax)")


def _ordered(config: Config) -> dict[str, dict[str, Any]]:
    """The settings of each transform that changes the image."""
    found: dict[str, dict[str, Any]] = {}
    order = list(ORDERED)
    steps = config.steps("preprocessing")
    images = {str(config.plain(step.arguments["keys"])) for step in steps}
    if len(images) > 1:
        raise unsupported(f"its preprocessing sees several images ({', '.join(sorted(images))})")
    for step in steps:
        settings = _settings(config, step, READERS | ORDERED)
        if step.name in READERS:
            continue
        if found and order.index(step.name) <= order.index(last := next(reversed(found))):
            raise unsupported(f"its preprocessing has {step.name} after {last}")
        found[step.name] = settings
    return found


def _settings(config: Config, step: Component, known: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a step, resolved where they matter.

    Raises:
        ModelError: ``model.import_unsupported`` for a step or a setting that OrganSeg does not know.
    """
    if step.name not in known:
        raise unsupported(f"it asks for {step.name} where OrganSeg cannot do it")
    accepted, settings = known[step.name], {}
    for name in step.arguments if accepted is not ANY else ():
        choices = ANY if name in BESIDE else accepted.get(name)
        value = None if choices is ANY else config.plain(step.arguments[name])
        if choices is None or (choices and choices is not ANY and value not in choices):
            raise unsupported(f"its {step.name} has an unusual setting, {name} = {value!r}")
        settings[name] = value
    return settings


def _window(settings: Mapping[str, Any]) -> Window:
    """HU a_min to a_max as b_min to b_max, linearly."""
    low, high = float(settings["a_min"]), float(settings["a_max"])
    first, last = (float(settings[name]) for name in ("b_min", "b_max"))
    if not (low < high and first < last):
        raise ValueError("its window is empty")
    scale = (high - low) / (last - first)
    clipped = (low, high) if settings.get("clip", False) else HU
    return Window(*clipped, low - first * scale, scale)


def _standardise(found: Mapping[str, Mapping[str, Any]]) -> str:
    if "NormalizeIntensityd" not in found:
        return "no"
    return "zero" if found["NormalizeIntensityd"].get("nonzero", False) else "image"


def _span(found: Mapping[str, Mapping[str, Any]]) -> tuple[float, float] | None:
    if "ScaleIntensityd" not in found:
        return None
    settings = found["ScaleIntensityd"]
    return float(settings.get("minv", 0.0)), float(settings.get("maxv", 1.0))


def _tiling(config: Config) -> tuple[tuple[int, int, int], dict[str, Any]]:
    """The tile, and how they are laid."""
    inferer = config.component("@inferer")
    if inferer is None:
        raise ValueError("its inferer is switched off")
    settings = _settings(config, inferer, WINDOWS)
    facts = {
        "overlap": float(settings.get("overlap", 0.25)),
        "weights": str(settings.get("mode", "constant")),
        "padding": str(settings.get("padding_mode", "constant")),
    }
    return _three(int, settings["roi_size"]), facts


def _three(kind: type, value: Any) -> Any:
    """Three numbers, along x, y, z; one stands for all three."""
    x, y, z = value if isinstance(value, list) else (value,) * 3
    return kind(x), kind(y), kind(z)
