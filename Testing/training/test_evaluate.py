"""The engine's output against the labels, from raw scans to tables."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from organseg_training.config import Config
from organseg_training.errors import DataError
from organseg_training.evaluate import evaluate, on_grid, part_of, recorded_fold
from organseg_training.readers import Entry, open_readers
from organseg_training.scoring import Evaluation
from organseg_training.split import Fold
from OrganSegLib.model import load_model
from OrganSegLib.organs import organ_named
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Grid, Labelmap
from PIL import Image

TORCH = Options(runtime="torch", surfaces=False)


def test_scans_are_scored_as_a_user_gets_them(flat_people: Config, flat_run: Path, tmp_path):
    model = load_model(flat_run / "model")
    told: list[str] = []
    evaluation = evaluate(
        flat_people,
        model,
        output=tmp_path,
        fold=recorded_fold(flat_run),
        options=TORCH,
        masks=True,
        progress=Progress(lambda stage, fraction: told.append(stage)),
    )
    assert told == [f"Evaluating phantom_00{n}" for n in (0, 1, 7)]
    parts = {scan.name: scan.part for scan in evaluation.scans}
    assert parts == {"phantom_000": "train", "phantom_001": "validation", "phantom_007": "check"}
    assert Evaluation.load(tmp_path) == evaluation

    reader = open_readers(flat_people)[1]
    (entry,) = reader.entries()
    scan = reader.scan(entry)
    truth = reader.labels(entry, scan).values
    found = segment(scan, model, TORCH).labelmap.voxels
    (checked,) = evaluation.of("check")
    for number, score in enumerate(checked.organs, 1):
        both = 2 * np.sum((truth == number) & (found == number))
        assert score.dice == pytest.approx(both / ((truth == number).sum() + (found == number).sum()))
    with (tmp_path / "evaluation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * len(flat_people.organs)
    assert {row["slice_thickness"] for row in rows} == {"above 5 mm"}
    page = (tmp_path / "evaluation.html").read_text()
    assert page.count("data:image/png") == 3
    assert "http" not in page.replace("http://www.w3.org", "")

    masks = tmp_path / "masks" / "phantom_007"
    names = sorted(path.name for path in (masks / "true").iterdir())
    assert names == sorted(path.name for path in (masks / "predicted").iterdir())
    np.testing.assert_array_equal(np.asarray(Image.open(masks / "true" / names[9])), truth[9])
    np.testing.assert_array_equal(np.asarray(Image.open(masks / "predicted" / names[9])), found[9])


def test_scans_are_chosen_by_name_and_part(flat_people: Config, flat_run: Path):
    model, fold = load_model(flat_run / "model"), recorded_fold(flat_run)
    named = evaluate(flat_people, model, ["phantom_001"], options=TORCH)
    assert [scan.name for scan in named.scans] == ["phantom_001"]
    checked = evaluate(flat_people, model, fold=fold, parts=("check",), options=TORCH)
    assert [scan.name for scan in checked.scans] == ["phantom_007"]
    with pytest.raises(DataError) as refusal:
        evaluate(flat_people, model, ["phantom_01"], options=TORCH)
    assert refusal.value.code == "data.unknown_case"
    assert "Did you mean phantom_0" in refusal.value.next_step
    with pytest.raises(DataError) as refusal:
        evaluate(flat_people, model, fold=fold, parts=("test",), options=TORCH)
    assert refusal.value.code == "data.nothing_to_evaluate"
    with pytest.raises(DataError) as refusal:
        evaluate(flat_people.changed(organs=["aorta"]), model, options=TORCH)
    assert refusal.value.code == "data.other_organs"


@pytest.mark.parametrize(
    ("name", "role", "part"),
    [("a", "train", "train"), ("b", "train", "validation"), ("c", "train", "test"), ("c", "check", "check")],
)
def test_what_was_not_learnt_from_is_test(name, role, part):
    entry = Entry(name, name, None, role=role)
    assert part_of(entry, Fold(("a",), ("b",))) == part
    if role == "train":
        assert part_of(entry, None) == "train"


def test_prediction_comes_to_the_truths_grid_and_not_the_other_way(people: Config):
    grid = Grid((6, 5, 4), (2.0, 2.0, 3.0), (1.0, 2.0, 3.0))
    voxels = np.zeros(grid.shape, np.uint8)
    voxels[1, 2, 3] = 2
    labelmap = Labelmap(voxels, grid, {1: organ_named("aorta"), 2: organ_named("spleen")})
    spleen = people.classes.index["spleen"]
    assert np.argwhere(on_grid(labelmap, grid, people.classes) == spleen).tolist() == [[1, 2, 3]]
    turned = Grid((4, 5, 6), (3.0, 2.0, 2.0), (11.0, 2.0, 3.0), (0.0, 0, -1, 0, 1, 0, 1, 0, 0))
    there = on_grid(labelmap, turned, people.classes)
    assert np.argwhere(there == spleen).tolist() == [[2, 2, 1]]
    other = Labelmap((voxels == 2).astype(np.uint8), grid, {1: organ_named("aorta")})
    assert not on_grid(other, grid, people.classes).any()
