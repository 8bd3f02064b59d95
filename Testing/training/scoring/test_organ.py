"""What is said of each organ of a scan: its numbers where there are any, and its state always."""

from __future__ import annotations

import numpy as np
import pytest
from organseg_training.classes import UNKNOWN, Classes
from organseg_training.config.evaluation import Evaluation
from organseg_training.scoring import score_organs
from OrganSegLib.volume import Grid

CLASSES = Classes(("liver", "spleen", "aorta", "heart"), tissues=("blood",))
GRID = Grid((20, 20, 10), (1.0, 2.0, 5.0))  # a voxel is 0.01 ml


def scored(truth, predicted, known=CLASSES.organs, **settings):
    scores = score_organs(truth, predicted, GRID, CLASSES, known, CLASSES.organs, Evaluation(**settings))
    return {score.organ: score for score in scores}


@pytest.fixture
def maps():
    """A liver of 400 voxels that is found a row too low; a spleen missed, an aorta invented, no heart."""
    truth, predicted = np.zeros((2, *GRID.shape), np.uint8)
    truth[2:6, 5:15, 2:12] = 1
    predicted[2:6, 6:16, 2:12] = 1
    truth[7:9, 2:4, 2:4] = 2
    predicted[7:9, 15:17, 15:17] = 3
    return truth, predicted


def test_states_are_explicit(maps):
    by_organ = scored(*maps)
    assert {organ: score.state for organ, score in by_organ.items()} == {
        "liver": "found",
        "spleen": "missed",
        "aorta": "false_positive",
        "heart": "absent",
    }
    assert by_organ["spleen"].dice == by_organ["spleen"].recall == by_organ["spleen"].nsd == 0.0
    assert by_organ["spleen"].hd95_mm is None
    assert by_organ["spleen"].precision is None
    assert by_organ["spleen"].volume_error_ml == pytest.approx(-0.08)
    assert by_organ["aorta"].false_positive_ml == pytest.approx(0.08)
    assert by_organ["aorta"].dice is None
    assert by_organ["heart"].false_positive_ml == 0.0


def test_overlap_by_hand(maps):
    liver = scored(*maps)["liver"]
    assert liver.dice == pytest.approx(0.9)
    assert liver.slice_dice == pytest.approx(0.9)
    assert liver.jaccard == pytest.approx(360 / 440)
    assert liver.precision == liver.recall == pytest.approx(0.9)
    assert liver.accuracy == pytest.approx(1 - 80 / 4000)
    assert liver.truth_ml == pytest.approx(4.0)
    assert liver.volume_error_ml == pytest.approx(0.0)
    assert not liver.truncated
    assert 0 < liver.hd95_mm <= 2.0


def test_mean_slice_dice_counts_slices_that_only_one_of_both_shows():
    truth, predicted = np.zeros((2, *GRID.shape), np.uint8)
    truth[2:4, 5:15, 2:12] = 1
    predicted[3:5, 5:15, 2:12] = 1
    assert scored(truth, predicted)["liver"].slice_dice == pytest.approx(1 / 3)
    assert scored(truth, predicted)["liver"].dice == pytest.approx(0.5)


def test_unknown_voxels_count_neither_way(maps):
    truth, predicted = maps
    truth[2:6, 15, 2:12] = UNKNOWN  # what was predicted beyond the liver
    truth[2:6, 5, 2:12] = UNKNOWN  # what was missed of it
    truth[7:9, 15:17, 15:17] = UNKNOWN  # the invented aorta
    by_organ = scored(truth, predicted)
    assert by_organ["liver"].dice == 1.0
    assert by_organ["aorta"].state == "absent"


def test_organs_that_the_labels_do_not_tell_of_are_not_judged(maps):
    by_organ = scored(*maps, known=("liver",))
    assert by_organ["spleen"].state == by_organ["aorta"].state == "unlabelled"
    assert by_organ["spleen"].dice is None
    assert by_organ["aorta"].predicted_ml == pytest.approx(0.08)


def test_slivers_and_cut_organs_are_named(maps):
    truth, predicted = maps
    truth[0:2, 0:2, 10:12] = 4
    by_organ = scored(truth, predicted, least_ml=0.5)
    assert by_organ["heart"].state == by_organ["spleen"].state == "sliver"
    assert by_organ["heart"].truncated
    assert by_organ["heart"].dice is None
