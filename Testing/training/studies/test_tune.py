"""Searches by every sampler, in rounds, with a best configuration at the end."""

import csv

import pytest
from organseg_training.config import load_config
from organseg_training.errors import TrainingError
from organseg_training.studies.tune import tune

SEARCH = {"fit.learning_rate": "log:1e-3..1e-1", "windows.0.a_min": "int:-300..-100"}


def test_a_search_with_refinement_ends_in_a_configuration(config, run):
    searching = config.changed(tune={"search": SEARCH, "sampler": "random", "trials": 2, "refinements": 1})

    result = tune(searching, run)

    assert [row["round"] for row in sorted(result.rows, key=lambda row: row["round"])] == [1, 1, 2, 2]
    assert {(row["round"], row["trial"]) for row in result.rows} == {(1, 0), (1, 1), (2, 0), (2, 1)}
    best = load_config(run / "best.yaml")
    assert best.fit.learning_rate == pytest.approx(result.rows[0]["fit.learning_rate"])
    assert best.windows[0].low == result.rows[0]["windows.0.a_min"]
    with (run / "trials.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 4
    assert (run / "trials" / "history.png").stat().st_size > 1000

    again = tune(searching, run)  # goes on, with nothing left to do
    assert again.rows == result.rows

    with pytest.raises(TrainingError) as caught:
        tune(searching.changed(tune__search={"fit.learning_rate": "log:1e-5..1e-1"}), run)
    assert caught.value.code == "training.other_search"


def test_a_grid_tries_every_point_once(config, run):
    config = config.changed(
        tune={
            "search": {"fit.loss": "dice,iou", "fit.weight_decay": "0..0.1"},
            "sampler": "grid",
            "points": 2,
        }
    )
    rows = tune(config, run).rows
    assert {(row["fit.loss"], row["fit.weight_decay"]) for row in rows} == {
        (loss, decay) for loss in ("dice", "iou") for decay in (0.0, 0.1)
    }


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_bayesian_search(config, run, sampler):
    search = {"fit.learning_rate": "log:1e-3..1e-1"}
    config = config.changed(tune={"search": search, "sampler": sampler, "trials": 2, "startup": 1})
    rates = [row["fit.learning_rate"] for row in tune(config, run).rows]
    assert len(rates) == 2
    assert all(1e-3 <= rate <= 1e-1 for rate in rates)


def test_a_bad_trial_ends_early(config, run):
    search = {"fit.learning_rate": "0.05,1e-9"}  # the second one learns nothing
    config = config.changed(
        fit__iterations=24, fit__validate_every=8, tune={"search": search, "sampler": "grid", "startup": 1}
    )
    rows = tune(config, run).rows
    assert [(row["fit.learning_rate"], row["state"]) for row in rows] == [
        (0.05, "complete"),
        ("1e-9", "pruned"),
    ]


def test_a_search_needs_validation(config, run):
    config = config.changed(
        split={"train": 0.5, "validation": 0, "test": 0.5}, tune__search={"fit.learning_rate": "0.1..0.2"}
    )
    with pytest.raises(TrainingError) as caught:
        tune(config, run)
    assert caught.value.code == "training.no_validation"
