"""The whole way from a scan to organs: one call that the CLI, the worker and Slicer share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from . import __version__
from .errors import InputError
from .plan import Plan
from .progress import Progress
from .volume import Labelmap, Note, Scan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .measure import OrganMeasurements
    from .model import Model
    from .quality import Flag, OrganTrust
    from .quality.uncertainty import Uncertainty

# What the user reads, and the share of a typical run's time on a CPU.
STAGES = {
    "preprocess": ("Preparing the scan", 4),
    "predict": ("Finding organs", 68),
    "clean": ("Tidying up", 3),
    "restore": ("Restoring borders", 7),
    "surfaces": ("Building surfaces", 14),
    "measure": ("Measuring", 4),
}


@dataclass(frozen=True)
class Options:
    """What the user may choose for a run.

    Attributes:
        organs: names of the organs to segment, None for all that the model knows.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        runtime: ``auto``, ``torch``, ``openvino``.
        surfaces: also build closed surfaces.
        smoothing: steps of smoothing of the surfaces, as many as look best when None.
        uncertainty: also keep how unsure the network was of each voxel.
        precision: ``auto`` (what the device is fastest at), ``fp32``, ``bf16``.
    """

    organs: tuple[str, ...] | None = None
    device: str = "auto"
    runtime: str = "auto"
    surfaces: bool = True
    smoothing: int | None = None
    uncertainty: bool = False
    precision: str = "auto"


@dataclass(frozen=True)
class Segmentation:
    """Everything that one run found.

    Attributes:
        scan: what was segmented.
        labelmap: the chosen organs on the scan's grid, with the plan's label values.
        measurements: one per chosen organ, found or absent, in label order.
        trust: reasons to doubt each of them, in the same order.
        surfaces: label value -> closed surface in LPS millimetres; empty when not asked for.
        run: JSON-ready facts: ``model``, ``version``, ``digest`` (as `Model`), ``engine_version``, those of
            the runtime (``runtime``, ``device``, ``precision``, ``tiles``), ``seconds`` per stage, ``notes``
            (code and sentence each), ``checks`` (flags of the whole scan).
        uncertainty: entropy of the network's outputs in percent of the most that is possible, uint8 on the
            scan's grid; 0 where the network did not look. None when not asked for, and for edited labels.
    """

    scan: Scan
    labelmap: Labelmap
    measurements: list[OrganMeasurements]
    trust: list[OrganTrust]
    surfaces: dict[int, vtkPolyData]
    run: dict[str, Any]
    uncertainty: NDArray[np.uint8] | None = None

    @classmethod
    def of(
        cls,
        scan: Scan,
        labelmap: Labelmap,
        surfaces: dict[int, vtkPolyData] | None = None,
        run: Mapping[str, Any] | None = None,
    ) -> Segmentation:
        """Labels of a user or of an earlier run: surfaces, measurements and flags made anew."""
        from .measure import with_areas
        from .surfaces import extract_surfaces

        with ThreadPoolExecutor(1) as aside:
            judged = aside.submit(_judged, scan, labelmap)
            if surfaces is None:
                surfaces = extract_surfaces(labelmap)
        measurements, trust, checks = judged.result()
        facts = {**(run or {}), "checks": [asdict(flag) for flag in checks]}
        return cls(scan, labelmap, with_areas(measurements, surfaces), trust, surfaces, facts)


def segment(
    scan: Scan, model: Model, options: Options = Options(), progress: Progress = Progress()
) -> Segmentation:
    """Find, restore and measure the organs of a scan. Finding none is a result, not an error.

    Raises:
        InputError: ``input.unknown_organ``, ``input.no_organ`` when the choice of organs makes no sense.
        Cancelled: when the user asked to stop; looked at between stages and inside the network's.
        ModelError, ResourceError: from the network's side, see `predict`.
    """
    from .measure import with_areas
    from .members import needed, with_values
    from .postprocess import clean
    from .predict import predict
    from .preprocess import preprocess
    from .quality.uncertainty import organ_uncertainty, uncertainty_volume
    from .restore import restore
    from .scores import argmax_and_entropy
    from .surfaces import extract_surfaces

    plan = model.plan
    organs = _chosen(plan, options.organs)
    smaller, values = needed(model, organs)
    run = _Run(progress, [name for name in STAGES if options.surfaces or name != "surfaces"])
    with run.stage("preprocess"):
        network_input = preprocess(scan, smaller.plan)
    with run.stage("predict") as part:
        way = options.device, options.runtime, part, options.precision
        logits, runtime = predict(smaller, network_input, *way)
    body = network_input.body
    del network_input  # what is used up goes before the scan's own grid needs memory
    with run.stage("clean"):
        raw, entropy = argmax_and_entropy(logits, smaller.plan)
        labels, cleaned = clean(raw, logits.grid, smaller.plan, body)
        uncertainty = organ_uncertainty(entropy, labels, smaller.plan)
    with run.stage("restore"):
        kept = [value for value, own in values.items() if own in organs]
        labelmap = restore(logits, labels, smaller.plan, scan.grid, kept, raw)
        labelmap = with_values(labelmap, values, plan)
        uncertainty = {values[value]: found for value, found in uncertainty.items()}
        volume = uncertainty_volume(entropy, logits.grid, scan.grid) if options.uncertainty else None
    del logits, entropy, raw
    surfaces: dict[int, vtkPolyData] = {}
    with ThreadPoolExecutor(1) as aside:
        judged = aside.submit(_judged, scan, labelmap, uncertainty)
        if options.surfaces:
            with run.stage("surfaces"):
                surfaces = extract_surfaces(labelmap, options.smoothing)
        with run.stage("measure"):
            measurements, trust, checks = judged.result()
            measurements = with_areas(measurements, surfaces)
    notes = [*scan.notes, *(Note("resource.fallback", sentence) for sentence in runtime.notes)]
    notes += [note for value, note in cleaned if values[value] in organs]
    if all(found.status == "absent" for found in measurements):
        notes.append(Note("result.empty", "None of the chosen organs was found in this scan."))
    progress.report(STAGES["measure"][0], 1.0)  # a caller may go on: only it knows when all is done
    facts = {
        **asdict(runtime),
        "model": plan.name,
        "version": plan.version,
        "digest": model.digest,
        "engine_version": __version__,
        "seconds": run.seconds,
        "notes": [asdict(note) for note in notes],
        "checks": [asdict(flag) for flag in checks],
    }
    return Segmentation(scan, labelmap, measurements, trust, surfaces, facts, volume)


def _judged(
    scan: Scan, labelmap: Labelmap, uncertainty: Mapping[int, Uncertainty] | None = None
) -> tuple[list[OrganMeasurements], list[OrganTrust], list[Flag]]:
    """All that the surfaces are not needed for: they leave a core idle, so both are made at once."""
    from .measure import measure
    from .quality import assess, check_scan

    measurements = measure(scan, labelmap)
    return measurements, assess(scan, labelmap, measurements, uncertainty), check_scan(scan, measurements)


def preload(model: Model, options: Options = Options()) -> dict[str, str]:
    """Import what a run needs and start its network, so that the first run does not wait for it.

    Returns:
        ``runtime``, ``device`` and ``precision`` that a run would begin with.

    Raises:
        InputError, ModelError, ResourceError: as `segment`.
    """
    from .members import members, needed
    from .runtimes import choose

    import_stages()
    smaller, _ = needed(model, _chosen(model.plan, options.organs))
    for one in members(smaller):
        runtime = choose(one, options.device, options.runtime, options.precision).starts[0]()
    return {"runtime": runtime.name, "device": runtime.device, "precision": runtime.precision}


def import_stages() -> None:
    """Import what nearly every run needs, which takes long enough to be done while a scan is read."""
    from . import measure, postprocess, predict, preprocess, quality, restore, surfaces  # noqa: F401
    from .quality import uncertainty  # noqa: F401

    if find_spec("openvino"):
        from . import runtime_openvino  # noqa: F401


def _chosen(plan: Plan, names: tuple[str, ...] | None) -> frozenset[int]:
    """Label values of the named organs."""
    values = {organ.name: value for value, organ in plan.organs.items()}
    if names is None:
        return frozenset(values.values())
    if not names:
        raise InputError("input.no_organ", "No organ was chosen.", "Choose at least one organ.")
    for name in names:
        if name not in values:
            nearest = get_close_matches(name.lower().replace(" ", "_"), values, n=3, cutoff=0.5)
            raise InputError(
                "input.unknown_organ",
                f"The model {plan.name} does not know an organ named {name!r}.",
                f"Did you mean {', '.join(nearest)}?" if nearest else f"It knows: {', '.join(values)}.",
            )
    return frozenset(values[name] for name in names)


@dataclass
class _Run:
    """Reports each stage's true share of the run and keeps its seconds."""

    progress: Progress
    stages: list[str]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress]:
        weights = [STAGES[stage][1] for stage in self.stages]
        place = self.stages.index(name)
        total, before = sum(weights), sum(weights[:place])
        part = self.progress.part(before / total, (before + weights[place]) / total)
        part.report(STAGES[name][0])
        begun = time.perf_counter()
        yield part
        self.seconds[name] = time.perf_counter() - begun
