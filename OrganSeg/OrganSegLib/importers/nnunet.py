"""The folder of an nnU-Net v2 model: what its files say, and how OrganSeg's plan says the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bounds import read_json, shown
from ..plan import NnUNetInput, Window
from .architecture import Axes, multiples, network_arguments, renamed
from .checkpoint import Checkpoint, read_checkpoint
from .refusals import damaged, missing, unsupported

if TYPE_CHECKING:
    from torch import Tensor

PLANS, DATASET, CHECKPOINT = "plans.json", "dataset.json", "checkpoint_final.pth"
WANTED = (PLANS, DATASET, CHECKPOINT)  # what of an archive is unpacked
DEEPEST = 4  # folders between the one that is given and a model: results, data set, trainer, configuration
HU = (-32768.0, 32767.0)  # more than any CT holds: a window that leaves it as it is
RAS = "RAS"
# Its tasks named total get the scan in its own way, and tiles that overlap less.
TOTALSEGMENTATOR = re.compile(r"Dataset\d+_TotalSegmentator_(total|part\d)_")
TOTALSEGMENTATORS_WAY: dict[str, Any] = {"step": 0.8, "shrunk": True}
RESAMPLING = ("resample_data_or_seg_to_shape", "resample_data_or_seg_to_spacing")


@dataclass(frozen=True)
class Trained:
    """One network of nnU-Net with its folds, in OrganSeg's terms.

    Attributes:
        dataset: name of its data set.
        names: label value -> name as its makers wrote it.
        spacing_mm: along x, y, z.
        patch: along x, y, z.
        window: of its one input.
        preparation: of the scan.
        arguments: of each fold's network, without channels.
        folds: name -> weights.
        facts: where it comes from, for plan and card.
    """

    dataset: str
    names: dict[int, str]
    spacing_mm: tuple[float, float, float]
    patch: tuple[int, int, int]
    window: Window
    preparation: NnUNetInput
    arguments: dict[str, Any]
    folds: dict[str, dict[str, Tensor]]
    facts: dict[str, Any]


def read_trained(
    folder: Path, configuration: str | None, folds: tuple[str, ...] | None, orientation: str | None
) -> Trained:
    """Read the model in ``folder`` or in a folder below it.

    Args:
        folder: holds ``plans.json``, ``dataset.json`` and ``fold_*/checkpoint_final.pth`` somewhere.
        configuration: ``3d_fullres``, say, where there are several.
        folds: which to take (``0``, ``all``); None takes every numbered one, or ``all`` where there is none.
        orientation: of the images it learned from; None takes RAS.

    Raises:
        ModelError: ``model.import_missing``, ``model.import_damaged``, ``model.import_unsafe``,
            ``model.import_unsupported``.
    """
    home = _home(folder, configuration)
    plans, dataset = _json(home / PLANS), _json(home / DATASET)
    checkpoints = {fold.name.removeprefix("fold_"): _read(fold) for fold in _folds(home, folds)}
    try:
        return _trained(plans, dataset, checkpoints, orientation)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        reason = f"an entry is missing or makes no sense ({type(error).__name__}: {error})"
        raise damaged("plans.json or dataset.json of the model", reason) from error


def _home(folder: Path, configuration: str | None) -> Path:
    places = (place for depth in range(DEEPEST) for place in folder.glob("*/" * depth + PLANS))
    found = sorted(place.parent for place in places if place.is_file())
    if configuration is not None:
        found = [home for home in found if home.name.endswith(f"__{configuration}")]
    if not found:
        for_one = f" for {configuration}" if configuration else ""
        raise missing(
            f"{PLANS} of nnU-Net{for_one} (or configs/inference.json of a MONAI bundle)", folder.name
        )
    if len(found) > 1:
        names = ", ".join(str(home.relative_to(folder)) for home in found)
        raise unsupported(
            f"{folder.name} holds several ({names}): import their folders, or name a --configuration"
        )
    return found[0]


def _json(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except FileNotFoundError as error:
        raise missing(path.name, path.parent.name) from error
    except (OSError, ValueError) as error:
        raise damaged(path.name, f"it cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise damaged(path.name, "it is not an object of JSON")
    return content


def _folds(home: Path, chosen: tuple[str, ...] | None) -> list[Path]:
    if chosen is not None:
        return [home / f"fold_{name}" for name in chosen]
    found = sorted(path for path in home.glob("fold_*") if (path / CHECKPOINT).is_file())
    numbered = [path for path in found if path.name != "fold_all"]
    if not found:
        raise missing(f"fold_*/{CHECKPOINT}", home.name)
    return numbered or found


def _read(fold: Path) -> Checkpoint:
    path = fold / CHECKPOINT
    if not path.is_file():
        raise missing(f"{fold.name}/{CHECKPOINT}", fold.parent.name)
    return read_checkpoint(path, f"{fold.name}/{CHECKPOINT}")


def _trained(
    plans: Mapping[str, Any],
    dataset: Mapping[str, Any],
    checkpoints: Mapping[str, Checkpoint],
    orientation: str | None,
) -> Trained:
    first = next(iter(checkpoints.values()))
    configuration = _configuration(plans, first.configuration)
    if configuration.get("previous_stage"):
        raise unsupported("it is the second network of a cascade, which needs the result of the first")
    dimensions = len(configuration["patch_size"])
    axes = Axes.of(plans["transpose_forward"], dimensions)
    flat = dimensions == 2
    arguments = network_arguments(configuration, axes)
    if max(arguments["strides"][0]) > 1:
        raise unsupported("its network gives fewer voxels than it sees")
    if prod(int(n) for n in configuration["patch_size"]) <= prod(multiples(arguments)):
        raise unsupported("its tiles are too small for its network")
    window, standardise = _window(plans, configuration, dataset)
    return Trained(
        dataset=shown(plans["dataset_name"]),
        names=_names(dataset),
        spacing_mm=_xyz(flat * [0.0] + [float(mm) for mm in axes.sorted(configuration["spacing"])]),
        patch=_xyz(flat * [1] + [int(n) for n in axes.sorted(configuration["patch_size"])]),
        window=window,
        preparation=_preparation(plans, configuration, standardise, orientation),
        arguments=arguments,
        folds={name: renamed(checkpoint.weights, axes) for name, checkpoint in checkpoints.items()},
        facts={
            "imported_from": "nnU-Net v2",
            "dataset": shown(plans["dataset_name"]),
            "trainer": shown(first.trainer),
            "configuration": shown(first.configuration),
            "folds": list(checkpoints),
            "cases": int(dataset.get("numTraining") or 0),
            "licence": shown(dataset.get("licence") or dataset.get("license") or "not stated"),
        },
    )


def _xyz(sizes: list[Any]) -> Any:
    z, y, x = sizes
    return x, y, z


def _configuration(plans: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The configuration of that name, with what it inherits."""
    resolved: dict[str, Any] = {}
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        resolved = {**plans["configurations"][name], **resolved}
        parent = plans["configurations"][name].get("inherits_from")
        if parent is None:
            return resolved
        name = parent
    raise ValueError("configurations inherit from each other")


def _names(dataset: Mapping[str, Any]) -> dict[int, str]:
    """Label value -> name, without background and what training ignored."""
    names: dict[int, str] = {}
    for name, value in dataset["labels"].items():
        values = value if isinstance(value, list) else [value]
        if len(values) != 1:
            raise unsupported(f"its label {name!r} is a region that overlaps with others")
        if name != "ignore" and int(values[0]) != 0:
            names[int(values[0])] = str(name)
    if not names or sorted(names) != list(range(1, len(names) + 1)):
        raise ValueError("labels are not 1, 2, 3 ...")
    return names


def _window(
    plans: Mapping[str, Any], configuration: Mapping[str, Any], dataset: Mapping[str, Any]
) -> tuple[Window, str]:
    """The window of the one channel, and how it is standardised."""
    channels = dataset.get("channel_names") or dataset["modality"]
    schemes, masked = configuration["normalization_schemes"], configuration["use_mask_for_norm"]
    if len(channels) != 1 or len(schemes) != 1:
        raise unsupported(f"it needs {len(channels)} images of a patient, not one CT")
    (channel,) = channels.values()
    if schemes[0] == "CTNormalization":
        hu = plans["foreground_intensity_properties_per_channel"]["0"]
        low, high = float(hu["percentile_00_5"]), float(hu["percentile_99_5"])
        return Window(low, high, float(hu["mean"]), max(float(hu["std"]), 1e-8)), "no"
    if "ct" not in str(channel).casefold() and str(channel).casefold() != "zscore":
        raise unsupported(f"it is made for images of the kind {channel!r}, not for CT")
    if schemes[0] != "ZScoreNormalization":
        raise unsupported(f"it normalises images by {schemes[0]}")
    return Window(*HU, 0.0, 1.0), "zero" if masked[0] else "image"


def _preparation(
    plans: Mapping[str, Any], configuration: Mapping[str, Any], standardise: str, orientation: str | None
) -> NnUNetInput:
    method, how = configuration["resampling_fn_data"], configuration["resampling_fn_data_kwargs"]
    preprocessor = configuration.get("preprocessor_name", "DefaultPreprocessor")
    if method not in RESAMPLING or preprocessor != "DefaultPreprocessor":
        raise unsupported(f"it prepares images by {preprocessor} and {method}")
    separate = how.get("force_separate_z")
    own_way = TOTALSEGMENTATORS_WAY if TOTALSEGMENTATOR.match(str(plans["dataset_name"])) else {}
    return NnUNetInput(
        orientation=RAS if "Reorient" in str(plans.get("image_reader_writer")) else orientation or RAS,
        order=int(how.get("order", 3)),
        order_z=int(how.get("order_z", 0)),
        separate_z=None if separate is None else bool(separate),
        standardise=standardise,
        **own_way,
    )
