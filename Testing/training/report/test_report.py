"""Tables and page of an evaluation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from organseg_training.config.evaluation import Evaluation as Settings
from organseg_training.errors import DataError
from organseg_training.report import markdown, write_report
from organseg_training.scoring import Evaluation, OrganScore, ScanScore
from organseg_training.strata import strata_of


def found(organ: str, dice: float) -> OrganScore:
    return OrganScore(
        organ,
        "found",
        truth_ml=100.0,
        predicted_ml=90.0,
        volume_error_ml=-10.0,
        dice=dice,
        slice_dice=dice - 0.1,
        nsd=dice,
        hd95_mm=5.0,
        assd_mm=1.0,
    )


@pytest.fixture
def evaluation() -> Evaluation:
    missed = OrganScore(
        "spleen", "missed", truth_ml=9.0, volume_error_ml=-9.0, dice=0.0, slice_dice=0.0, nsd=0.0
    )
    invented = OrganScore("spleen", "false_positive", truth_ml=0.0, predicted_ml=7.0, false_positive_ml=7.0)
    unknown = OrganScore("spleen", "unlabelled", predicted_ml=3.0)
    scans = tuple(
        ScanScore(f"scan<{n}>", f"p{n}", "test", {"scanner": scanner}, 1.0, (found("liver", dice), spleen))
        for n, (dice, spleen, scanner) in enumerate(
            [(0.9, missed, "GE"), (0.8, invented, "GE"), (0.7, unknown, "Siemens")]
        )
    )
    scans += (replace(scans[0], name="seen", part="train"),)
    return Evaluation({"name": "tiny", "version": "1"}, Settings(resamples=100), 1, scans)


def test_markdown_keeps_parts_apart_and_names_what_has_no_score(evaluation):
    text = markdown(evaluation)
    test, train = text.split("**train**")
    assert "| liver | 3 | 0 | 0 | 0.800 [0.750, 0.850] (0.700 to 0.900) |" in test
    assert "| spleen | 0 | 1 | 1 | 0.000 | 0.000 |  |  | -9.0 |" in test
    assert "| spleen | 0.000 (0.000) | invented, 7.0 ml | unlabelled |" in test
    assert "| liver | 1 | 0 | 0 | 0.900 | 0.900 | 5.0 | 1.0 | -10.0 |" in train


def test_page_stands_alone(evaluation, tmp_path: Path):
    write_report(evaluation, tmp_path)
    page = (tmp_path / "evaluation.html").read_text()
    assert "scan&lt;0&gt;" in page
    assert "scan<0>" not in page
    assert page.count("data:image/svg+xml;base64,") == 8
    assert "Scanner: Siemens" in page
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_strata_and_worst_scans(evaluation):
    groups = {(kind, value): summary for kind, value, summary in evaluation.strata("test")}
    assert set(groups) == {("scanner", "GE"), ("scanner", "Siemens")}
    assert groups["scanner", "GE"][0].spreads["dice"].median == pytest.approx(0.85)
    assert [scan.name for scan, _ in evaluation.worst(2)] == ["scan<0>", "seen"]
    facts = {"manufacturer": "GE", "slice_spacing_mm": 2.5, "contrast": "portal venous"}
    assert strata_of(facts) == {
        "scanner": "GE",
        "slice thickness": "up to 3 mm",
        "contrast": "portal venous",
    }
    assert strata_of({}) == {}


def test_a_damaged_evaluation_is_named(tmp_path: Path):
    (tmp_path / "evaluation.json").write_text("{}")
    with pytest.raises(DataError) as refusal:
        Evaluation.load(tmp_path)
    assert refusal.value.code == "data.damaged_evaluation"
