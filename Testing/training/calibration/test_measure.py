"""From a run and its scans to thresholds in the model."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from organseg_training.calibration import Calibration, calibrate, measure
from organseg_training.calibration.degraded import degraded
from organseg_training.config import Config
from organseg_training.errors import DataError
from organseg_training.evaluate import recorded_fold
from organseg_training.export import export
from organseg_training.readers import open_readers
from OrganSegLib.model import load_model
from OrganSegLib.pipeline import Options, segment

from Testing.training.generated import with_random_weights

TORCH = Options(runtime="torch", surfaces=False)


@pytest.fixture(scope="module")
def config(people: Config) -> Config:
    """The same people so coarse that many copies of them are segmented in a moment."""
    spacing = [16, 16, 18]
    options = {f"data.{n}.options.spacing_mm": spacing for n in range(2)}
    return people.changed(spacing_mm=spacing, **options)


@pytest.fixture(scope="module")
def run(config: Config, people_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_random_weights(config, people_run, tmp_path_factory.mktemp("calibration") / "run")


@pytest.fixture(scope="module")
def calibration(config: Config, run: Path) -> Calibration:
    return calibrate(config, load_model(run / "model"), fold=recorded_fold(run), options=TORCH)


def test_held_back_scans_and_their_copies_are_measured(
    calibration: Calibration, config: Config, run: Path
) -> None:
    assert {(p.scan, p.part) for p in calibration.pairs} == {
        ("phantom_001", "validation"),
        ("phantom_007", "check"),
    }
    reader = open_readers(config)[1]
    (entry,) = reader.entries()
    scan = reader.scan(entry)
    truth = reader.labels(entry, scan).values
    shown = {"as it is": scan, **dict(degraded(scan))}
    assert {p.change for p in calibration.pairs} <= set(shown)
    for change in ("as it is", "noise 120 HU"):
        found = segment(shown[change], load_model(run / "model"), TORCH)
        doubts = {organ.name: organ for organ in found.trust if organ.entropy is not None}
        measured = {p.organ: p for p in calibration.pairs if (p.scan, p.change) == ("phantom_007", change)}
        assert measured
        assert measured.keys() == doubts.keys()
        for name, pair in measured.items():
            one = truth == config.classes.index[name]
            other = found.labelmap.voxels == doubts[name].label
            assert pair.dice == pytest.approx(2 * (one & other).sum() / (one.sum() + other.sum()))
            assert pair.entropy == doubts[name].entropy
            assert pair.border_entropy == doubts[name].border_entropy


def test_a_cropped_copy_is_compared_where_it_shows_something(
    calibration: Calibration, config: Config, run: Path
) -> None:
    reader = open_readers(config)[1]
    (entry,) = reader.entries()
    scan = reader.scan(entry)
    truth = reader.labels(entry, scan).values
    shown = dict(degraded(scan))["30% of the length"]
    start = round((shown.grid.origin_mm[2] - scan.grid.origin_mm[2]) / scan.grid.spacing_mm[2])
    seen = truth[start : start + shown.grid.size[2]]
    found = segment(shown, load_model(run / "model"), TORCH).labelmap
    values = {organ.name: value for value, organ in found.organs.items()}
    pairs = [p for p in calibration.pairs if (p.scan, p.change) == ("phantom_007", "30% of the length")]
    assert pairs
    for pair in pairs:
        one, other = seen == config.classes.index[pair.organ], found.voxels == values[pair.organ]
        assert pair.dice == pytest.approx(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_of_a_scan_that_was_learnt_from_only_copies_count(
    config: Config, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "degraded", lambda scan: islice(degraded(scan), 2))  # enough of them
    model, fold = load_model(run / "model"), recorded_fold(run)
    named = calibrate(config, model, ["phantom_000"], fold=fold, options=TORCH)
    assert {(p.scan, p.part) for p in named.pairs} == {("phantom_000", "train")}
    assert {p.change for p in named.pairs} == {"noise 60 HU", "noise 120 HU"}


def test_what_cannot_be_calibrated_is_named(config: Config, run: Path) -> None:
    """Nothing was held back: no scan to check on, none to validate with."""
    config = config.model_copy(update={"data": config.data[:1]})
    model = load_model(run / "model")
    with pytest.raises(DataError) as refusal:
        calibrate(config, model, options=TORCH)
    assert refusal.value.code == "data.nothing_to_calibrate"
    with pytest.raises(DataError) as refusal:
        calibrate(config, model, ["phantom_0"], options=TORCH)
    assert refusal.value.code == "data.unknown_case"


def test_export_puts_the_thresholds_into_the_plan(
    calibration: Calibration, config: Config, run: Path, tmp_path: Path
) -> None:
    well = tuple(replace(pair, dice=0.9) for pair in calibration.pairs)  # random weights find nothing well
    calibration = Calibration(calibration.model, well)
    copy = with_random_weights(config, run, tmp_path / "run")
    calibration.save(copy)
    model = export(config, copy, tmp_path / "model")
    assert model.plan.uncertainty == calibration.thresholds
    assert set(calibration.thresholds) == {pair.organ for pair in well}
    card = (model.folder / "MODEL_CARD.md").read_text()
    assert "1 check" in card
    assert "| all organs |" in card
    assert export(config, copy, tmp_path / "other", left_out=("spleen",)).plan.uncertainty == {}


def test_thresholds_of_other_weights_are_not_taken(
    calibration: Calibration, config: Config, run: Path, tmp_path: Path
) -> None:
    copy = with_random_weights(config, run, tmp_path / "run")
    Calibration({**calibration.model, "iterations": 1}, calibration.pairs).save(copy)
    assert export(config, copy, tmp_path / "model").plan.uncertainty == {}
