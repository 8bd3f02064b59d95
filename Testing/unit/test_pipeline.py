"""The whole way from a scan to organs, with a real network of random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib import __version__
from OrganSegLib.errors import Cancelled, InputError
from OrganSegLib.model import Model, load_model, save_model_folder
from OrganSegLib.networks import build
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, Segmentation, preload, segment
from OrganSegLib.plan import Plan
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Grid, Note, Scan

STAGES = ["preprocess", "predict", "clean", "restore", "surfaces", "measure"]
WORDS = [
    "Preparing the scan",
    "Finding organs",
    "Tidying up",
    "Restoring borders",
    "Building surfaces",
    "Measuring",
]


@pytest.fixture(scope="module")
def model(_tiny_model_folder: Path) -> Model:
    return load_model(_tiny_model_folder)


@pytest.fixture(scope="module")
def scan() -> Scan:
    """A piece of the phantom, so coarse that preprocessing averages nothing."""
    scan, _ = make_phantom(grid=Grid((26, 24, 20), (4.5, 4.5, 5.0), (-56.0, -52.0, -48.0)))
    return replace(scan, notes=(Note("input.gantry_tilt", "The gantry was tilted."),))


@pytest.fixture(scope="module")
def run(scan: Scan, model: Model) -> tuple[Segmentation, list[tuple[str, float]]]:
    heard: list[tuple[str, float]] = []
    result = segment(scan, model, progress=Progress(lambda stage, fraction: heard.append((stage, fraction))))
    return result, heard


@pytest.fixture(scope="module")
def result(run: tuple[Segmentation, list[tuple[str, float]]]) -> Segmentation:
    return run[0]


def test_labels_lie_on_the_scans_grid(result: Segmentation, scan: Scan, tiny_plan: Plan) -> None:
    assert result.scan is scan
    assert result.labelmap.grid == scan.grid
    assert result.labelmap.voxels.shape == scan.voxels.shape
    assert result.labelmap.organs == tiny_plan.organs


def test_measurements_and_surfaces_are_those_of_the_labels(result: Segmentation) -> None:
    assert [m.label for m in result.measurements] == list(range(1, 20))
    found = {m.label: m for m in result.measurements if m.status == "found"}
    assert set(found) == set(np.unique(result.labelmap.voxels)) - {0} == set(result.surfaces)
    assert found
    for label, measured in found.items():
        assert measured.voxels == (result.labelmap.voxels == label).sum()
        assert measured.surface_area_mm2 is not None
        assert measured.surface_area_mm2 > 0


def test_the_run_is_described(result: Segmentation, tiny_plan: Plan) -> None:
    facts = json.loads(json.dumps(result.run))
    assert facts["model"] == tiny_plan.name
    assert facts["version"] == tiny_plan.version
    assert facts["engine_version"] == __version__
    assert facts["device"] == "cpu"
    assert facts["tiles"] == 1
    assert {"runtime", "precision"} < set(facts)
    assert list(facts["seconds"]) == STAGES
    assert all(seconds >= 0 for seconds in facts["seconds"].values())
    assert facts["notes"][0] == {"code": "input.gantry_tilt", "sentence": "The gantry was tilted."}


def test_doubts_are_told_of_what_was_found(result: Segmentation, scan: Scan, model: Model) -> None:
    """Each organ's mean on the network's grid is about that on the scan's; thresholds raise flags."""
    assert result.uncertainty is None
    doubts = {organ.label: organ.entropy for organ in result.trust}
    assert {label for label, entropy in doubts.items() if entropy is not None} == set(result.surfaces)
    limit = float(np.median([entropy for entropy in doubts.values() if entropy is not None]))
    plan = replace(model.plan, uncertainty={organ.name: limit for organ in model.plan.organs.values()})
    again = segment(scan, replace(model, plan=plan), Options(surfaces=False, uncertainty=True))
    for organ in again.trust:
        entropy = doubts[organ.label]
        assert organ.entropy == entropy
        assert ("uncertain" in organ.codes) == (entropy is not None and entropy > limit)
    assert again.uncertainty is not None
    assert again.uncertainty.shape == scan.voxels.shape
    largest = max(again.measurements, key=lambda measured: measured.voxels)
    inside = again.uncertainty[again.labelmap.voxels == largest.label].mean()
    assert inside == pytest.approx(100 * doubts[largest.label], rel=0.1)


def test_progress_goes_from_nothing_to_all(run: tuple[Segmentation, list[tuple[str, float]]]) -> None:
    stages, fractions = zip(*run[1], strict=True)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert list(fractions) == sorted(fractions)
    assert [word for word in dict.fromkeys(stages) if word in WORDS] == WORDS


def test_no_surfaces_unless_wanted(scan: Scan, model: Model, result: Segmentation) -> None:
    fractions: list[float] = []
    progress = Progress(lambda stage, fraction: fractions.append(fraction))
    plain = segment(scan, model, Options(surfaces=False), progress)
    assert plain.surfaces == {}
    assert all(m.surface_area_mm2 is None for m in plain.measurements)
    assert "surfaces" not in plain.run["seconds"]
    assert fractions[-1] == 1
    assert np.array_equal(plain.labelmap.voxels, result.labelmap.voxels)


def test_chosen_organs_are_those_of_a_full_run(scan: Scan, model: Model, result: Segmentation) -> None:
    names = tuple(m.name for m in result.measurements if m.status == "found")[:2]
    some = segment(scan, model, Options(organs=names))
    full = [m for m in result.measurements if m.name in names]
    # All but the surface, which is smoothed together with its neighbours'.
    assert [replace(m, surface_area_mm2=None) for m in some.measurements] == [
        replace(m, surface_area_mm2=None) for m in full
    ]
    assert set(some.labelmap.organs) == set(some.surfaces) == {m.label for m in full}
    other = np.isin(result.labelmap.voxels, list(some.labelmap.organs), invert=True)
    assert np.array_equal(some.labelmap.voxels, np.where(other, 0, result.labelmap.voxels))
    told = [note["sentence"] for note in some.run["notes"] if note["code"].startswith("clean.")]
    titles = [organ.title.lower() for organ in some.labelmap.organs.values()]
    assert all(any(title in sentence for title in titles) for sentence in told)


@pytest.mark.parametrize("stored", ["RPS", "RAI", "PSL", "SRA"])
def test_organs_stay_in_place_however_the_scan_is_stored(
    stored: str, scan: Scan, model: Model, result: Segmentation
) -> None:
    """The same voxels of the same patient, in another order."""
    image = sitk.DICOMOrient(scan.grid.image(scan.voxels), stored)
    other = Scan(sitk.GetArrayFromImage(image), Grid.of(image))
    assert other.grid.direction != scan.grid.direction
    found = segment(other, model, Options(surfaces=False)).labelmap
    back = sitk.GetArrayFromImage(sitk.DICOMOrient(found.grid.image(found.voxels), "LPS"))
    labelled = result.labelmap.voxels > 0
    assert labelled.sum() > 500
    assert (back == result.labelmap.voxels)[labelled].mean() > 0.9


@pytest.mark.parametrize(
    ("name", "advice"),
    [("kidney_lft", "kidney_left"), ("Liver", "liver"), ("inferior vena cava", "inferior_vena_cava")],
)
def test_an_unknown_organ_is_named_with_its_neighbours(
    name: str, advice: str, scan: Scan, model: Model
) -> None:
    with pytest.raises(InputError) as raised:
        segment(scan, model, Options(organs=("spleen", name)))
    assert raised.value.code == "input.unknown_organ"
    assert name in raised.value.sentence
    assert advice in raised.value.next_step


def test_an_organ_like_no_other_gets_the_whole_list(scan: Scan, model: Model) -> None:
    with pytest.raises(InputError) as raised:
        segment(scan, model, Options(organs=("xyz",)))
    assert "urinary_bladder" in raised.value.next_step


def test_no_organ_is_no_choice(scan: Scan, model: Model) -> None:
    with pytest.raises(InputError) as raised:
        segment(scan, model, Options(organs=()))
    assert raised.value.code == "input.no_organ"


def test_finding_nothing_is_a_result(scan: Scan, tiny_plan: Plan, tmp_path: Path) -> None:
    """A network whose background always wins."""
    weights = build(tiny_plan.network).state_dict()
    weights["unet.output_block.conv.conv.bias"][:8] = 1000.0
    save_model_folder(tmp_path / "empty", tiny_plan, weights, "# Empty\n")
    result = segment(scan, load_model(tmp_path / "empty"), Options(runtime="torch"))
    assert not result.labelmap.voxels.any()
    assert result.surfaces == {}
    assert [m.status for m in result.measurements] == ["absent"] * 19
    assert result.run["notes"][-1]["code"] == "result.empty"
    assert result.run["runtime"] == "torch"


@pytest.mark.parametrize("word", WORDS)
def test_cancel_is_heard_after_any_stage(word: str, scan: Scan, model: Model) -> None:
    heard: list[str] = []
    progress = Progress(lambda stage, fraction: heard.append(stage), lambda: word in heard)
    with pytest.raises(Cancelled):
        segment(scan, model, progress=progress)
    assert heard[-1] == word


def test_preload_says_what_a_run_will_use(model: Model, result: Segmentation) -> None:
    assert preload(model) == {name: result.run[name] for name in ("runtime", "device", "precision")}
    assert preload(model, Options(runtime="torch", device="cpu"))["runtime"] == "torch"
    assert preload(model, Options(device="cpu", precision="fp32"))["precision"] == "fp32"
