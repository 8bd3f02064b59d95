"""The plan travels with the weights: the typed description of how a network sees a CT and what it names."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import bounds
from .errors import ModelError
from .organs import Organ

FORMAT = 1
PATCH_VOXELS = 2**25  # 512 x 512 x 128; above all patches in use, below what no computer could run
LARGEST, SMALLEST_SCALE = 1e5, 1e-3  # HU and millimetres
MOST_OVERLAP = 0.9  # of tiles: a thousandfold of the work


@dataclass(frozen=True)
class Window:
    """One input channel: HU clipped to [low, high], then ``(hu - centre) / scale``."""

    low: float
    high: float
    centre: float
    scale: float


@dataclass(frozen=True)
class Label:
    """An output: channel of the network, value in the labelmap, and the organ it means."""

    channel: int
    value: int
    organ: Organ


@dataclass(frozen=True)
class NnUNetInput:
    """How nnU-Net v2 prepares a scan, for weights that learned with it: see `nnunet_input`.

    Attributes:
        orientation: where the network's x, y and z axes run to in the patient, such as ``RAS`` (NIfTI's way).
        order: of the splines that resample the scan.
        order_z: of those along the axis of thick slices, where these are resampled apart.
        separate_z: whether they are; None leaves it to the spacing.
        standardise: ``no``, or by mean and standard deviation of the whole ``image`` or of what in it is
            not ``zero``, after the windows.
        step: how far apart tiles lie at most, as a share of their size.
        shrunk: whether the scan is shrunk as TotalSegmentator does it first, see `shrink`.
    """

    orientation: str = "LPS"
    order: int = 3
    order_z: int = 0
    separate_z: bool | None = None
    standardise: str = "no"
    step: float = 0.5
    shrunk: bool = False

    def __post_init__(self) -> None:
        _check_seen(self.orientation, self.standardise)
        _check(0 <= self.order <= 5 and 0 <= self.order_z <= 5, "splines of order 0 to 5")
        _check(1 - MOST_OVERLAP <= self.step <= 1, f"tiles that overlap by 0 to {MOST_OVERLAP}")


@dataclass(frozen=True)
class BundleInput:
    """How a MONAI bundle prepares a scan and lays its windows: see `bundle_input` and `sliding_window`.

    Attributes:
        orientation: where the network's x, y and z axes run to in the patient.
        standardise: ``no``, or by mean and standard deviation of the whole ``image`` or of what in it is not
            ``zero``, after the windows.
        span: what the least and the largest value of the image become then; None leaves them.
        overlap: share of a tile that the next one sees again.
        weights: of a tile's voxels, ``constant``, or ``gaussian`` around its middle.
        padding: what fills up a scan smaller than a tile: zeros (``constant``), or the outermost voxels again
            (``replicate``).
    """

    orientation: str = "RAS"
    standardise: str = "no"
    span: tuple[float, float] | None = None
    overlap: float = 0.25
    weights: str = "constant"
    padding: str = "constant"

    def __post_init__(self) -> None:
        _check_seen(self.orientation, self.standardise)
        low, high = self.span or (0, 1)
        _check(-LARGEST <= low < high <= LARGEST, "a span with high above low")
        _check(0 <= self.overlap <= MOST_OVERLAP, f"tiles that overlap by 0 to {MOST_OVERLAP}")
        _check(self.weights in ("constant", "gaussian"), "weights constant or gaussian")
        _check(self.padding in ("constant", "replicate"), "padding constant or replicate")


@dataclass(frozen=True)
class Plan:
    """What training fixed and inference must repeat.

    Attributes:
        name: the model's folder name.
        version: version of the weights.
        description: one line for the user who chooses.
        spacing_mm: network voxel size along x, y, z of the patient (LPS axes); where the network is 2D, 0
            along z stands for the scan's own slices.
        windows: one per input channel.
        patch: training patch along x, y, z; the smallest field of view that inference gives.
        multiple: every network input axis is padded to a multiple of this (not z where the network is 2D); or
            three numbers, along x, y, z.
        network: ``{"name": ..., "arguments": {...}}``, a name that `networks.build` knows.
        channels: outputs of the network; those without a label count as background.
        labels: in the order of their values, 1, 2, 3 ...
        licence: of the weights.
        training: data, seed, time, device: free facts for the reader.
        scores: measured results: free facts for the reader.
        field_of_view: ``whole`` for the whole body at once where memory allows, ``patch`` for networks that
            must see tiles of the training patch.
        uncertainty: name of an organ -> the mean entropy inside it, 0 to 1, above which it is flagged as
            uncertain (see `quality.uncertainty`); organs that were not calibrated are left out.
        experimental: names of organs whose measured scores are too low to rely on; users are told.
        tidy: whether islands, holes and swapped sides are mended (see `postprocess.clean`).
        nnunet: how the scan is prepared where the weights are nnU-Net's; None for OrganSeg's own way.
        bundle: the same where they are a MONAI bundle's.
    """

    name: str
    version: str
    description: str
    spacing_mm: tuple[float, float, float]
    windows: tuple[Window, ...]
    patch: tuple[int, int, int]
    multiple: int | tuple[int, int, int]
    network: dict[str, Any]
    channels: int
    labels: tuple[Label, ...]
    licence: str
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    field_of_view: str = "whole"
    uncertainty: dict[str, float] = field(default_factory=dict)
    experimental: tuple[str, ...] = ()
    tidy: bool = True
    nnunet: NnUNetInput | None = None
    bundle: BundleInput | None = None

    def __post_init__(self) -> None:
        _check(0 < len(self.windows) <= 8, "one to eight input windows")
        _check(self.dimensions in (2, 3), "a network of 2 or 3 dimensions")
        flat = self.dimensions == 2
        spacing = self.spacing_mm[:2] if flat and self.spacing_mm[2] == 0 else self.spacing_mm
        _check(all(0.1 <= s <= 20 for s in spacing), "a spacing between 0.1 and 20 mm")
        patch = self.patch[:2] if flat and self.patch[2] == 1 else self.patch
        _check(all(8 <= n <= 1024 for n in patch), "a patch between 8 and 1024 voxels")
        _check(math.prod(patch) <= PATCH_VOXELS, f"a patch of at most {PATCH_VOXELS} voxels")
        _check(self.field_of_view in ("whole", "patch"), "the field of view whole or patch")
        _check(all(1 <= n <= 128 for n in self.multiples), "a multiple between 1 and 128")
        _check(2 <= self.channels <= 1024, "2 to 1024 channels")
        _check(len(self.labels) > 0, "at least one label")
        _check(all(w.high > w.low and w.scale > 0 for w in self.windows), "windows with high above low")
        values = [label.value for label in self.labels]
        _check(values == list(range(1, len(values) + 1)), "label values 1, 2, 3 ... without gaps")
        used = [label.channel for label in self.labels]
        _check(len(set(used)) == len(used), "a channel of its own for each label")
        _check(all(0 < c < self.channels for c in used), "label channels inside the network's outputs")
        finite = [*self.spacing_mm, *(v for w in self.windows for v in asdict(w).values())]
        _check(all(abs(v) <= LARGEST for v in finite), f"finite numbers of at most {LARGEST:g}")
        _check(all(w.scale >= SMALLEST_SCALE for w in self.windows), "windows that do not blow up")
        named = {label.organ.name for label in self.labels}
        files = {name.casefold() for name in named}  # as Windows and macOS see them
        _check(len(files) == len(self.labels), "a name of its own for each organ")
        _check(all(map(bounds.NAME.fullmatch, (self.name, *named))), "names that can be those of files")
        _check(self.uncertainty.keys() <= named, "thresholds of uncertainty for its own organs")
        _check(all(0 <= v <= 1 for v in self.uncertainty.values()), "thresholds of uncertainty from 0 to 1")
        _check(named.issuperset(self.experimental), "only organs of its own that are experimental")

    @property
    def dimensions(self) -> int:
        """2 where the network sees one axial slice at a time, else 3."""
        return int(self.network["arguments"].get("spatial_dims", 3))

    @property
    def multiples(self) -> tuple[int, int, int]:
        """What the network input's size along x, y, z must be a multiple of."""
        if not isinstance(self.multiple, int):
            return self.multiple
        return self.multiple, self.multiple, 1 if self.dimensions == 2 else self.multiple

    @property
    def organs(self) -> dict[int, Organ]:
        """Label value -> organ."""
        return {label.value: label.organ for label in self.labels}

    @property
    def background_channels(self) -> tuple[int, ...]:
        """Outputs that mean no organ of this plan: background and helper classes."""
        used = {label.channel for label in self.labels}
        return tuple(c for c in range(self.channels) if c not in used)

    def save(self, path: Path) -> None:
        """Write ``plan.json``, readable by people."""
        facts = {"format": FORMAT, **asdict(self)}
        facts["labels"] = [_label_facts(label) for label in self.labels]
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read ``plan.json``.

        Raises:
            ModelError: ``model.no_plan`` when it is missing, ``model.bad_plan`` when it cannot be right.
        """
        try:
            facts = bounds.read_json(path)
        except OSError as error:
            raise ModelError(
                "model.no_plan",
                f"The model folder {path.parent} holds no readable plan.json.",
                "Choose a model folder made by OrganSeg (organseg models lists the installed ones). Those of "
                "nnU-Net and MONAI are imported first: organseg models import FOLDER_OR_ZIP",
            ) from error
        except ValueError as error:
            raise _bad_plan(f"it is not valid JSON ({error})") from error
        try:
            return cls._of(facts)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise _bad_plan(f"{type(error).__name__}: {error}") from error

    @classmethod
    def _of(cls, facts: dict[str, Any]) -> Plan:
        _check(facts["format"] == FORMAT, f"format {FORMAT} (this file has {facts['format']})")
        return cls(
            name=bounds.name(facts["name"]),
            version=bounds.line(facts["version"]),
            description=bounds.line(facts["description"]),
            spacing_mm=_triple(float, facts["spacing_mm"]),
            windows=tuple(Window(**{k: float(v) for k, v in w.items()}) for w in facts["windows"]),
            patch=_triple(int, facts["patch"]),
            multiple=_multiple(facts["multiple"]),
            network=_network(facts["network"]),
            channels=int(facts["channels"]),
            labels=tuple(_label(entry) for entry in facts["labels"]),
            licence=bounds.line(facts["licence"]),
            training=dict(facts.get("training", {})),
            scores=dict(facts.get("scores", {})),
            field_of_view=str(facts.get("field_of_view", "whole")),
            uncertainty={str(name): float(v) for name, v in facts.get("uncertainty", {}).items()},
            experimental=tuple(map(str, facts.get("experimental", ()))),
            tidy=bool(facts.get("tidy", True)),
            nnunet=NnUNetInput(**facts["nnunet"]) if facts.get("nnunet") else None,
            bundle=_bundle(facts["bundle"]) if facts.get("bundle") else None,
        )


def _triple(kind: type, values: list[Any]) -> Any:
    x, y, z = (kind(v) for v in values)
    return x, y, z


def _multiple(value: Any) -> int | tuple[int, int, int]:
    return _triple(int, value) if isinstance(value, list) else int(value)


def _network(facts: dict[str, Any]) -> dict[str, Any]:
    return {"name": bounds.line(facts["name"]), "arguments": bounds.arguments(dict(facts["arguments"]))}


def _bundle(facts: dict[str, Any]) -> BundleInput:
    span = facts.get("span")
    return BundleInput(**{**facts, "span": span and (float(span[0]), float(span[1]))})


def _label(entry: dict[str, Any]) -> Label:
    return Label(int(entry["channel"]), int(entry["value"]), Organ.from_dict(entry))


def _label_facts(label: Label) -> dict[str, Any]:
    return {"channel": label.channel, "value": label.value, **label.organ.to_dict()}


def is_orientation(text: str) -> bool:
    """Whether it says where x, y and z run to in the patient, such as ``LPS``."""
    return len(text) == 3 and all(way in ends for way, ends in zip(text, ("LR", "PA", "SI"), strict=True))


def _check_seen(orientation: str, standardise: str) -> None:
    _check(is_orientation(orientation), "an orientation such as LPS")
    _check(standardise in ("no", "image", "zero"), "standardise no, image or zero")


def _check(condition: bool, wanted: str) -> None:
    if not condition:
        raise _bad_plan(f"OrganSeg expects {wanted}")


def _bad_plan(reason: str) -> ModelError:
    return ModelError(
        "model.bad_plan",
        f"The model's plan.json cannot be used: {bounds.shown(reason)}.",
        "Install the model again or ask whoever made it.",
    )
