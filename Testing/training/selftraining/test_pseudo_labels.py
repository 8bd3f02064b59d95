"""What becomes a label, and what is left unknown."""

from __future__ import annotations

import numpy as np
from organseg_training.classes import UNKNOWN, Classes
from organseg_training.config.selftraining import SelfTraining
from organseg_training.selftraining.pseudo_labels import pseudo_labels

CLASSES = Classes(("liver", "spleen"), ("bone",))
SHAPE = (20, 20, 20)
BODY = np.ones(SHAPE, bool)


def _votes(**parts: tuple[tuple[slice, ...], float]) -> np.ndarray:
    """Certain background, and each named class with a probability in a box."""
    votes = np.zeros((4, *SHAPE), np.float32)
    votes[0] = 1
    for name, (box, probability) in parts.items():
        votes[(CLASSES.index[name.split("__")[0]], *box)] = probability
        votes[(0, *box)] = 1 - probability
    return votes


def _labels(votes: np.ndarray, body: np.ndarray = BODY, **settings: float) -> np.ndarray:
    return pseudo_labels(votes, body, CLASSES, voxel_ml=1.0, settings=SelfTraining(**settings))


BOX = (slice(2, 8),) * 3
APART = (slice(14, 18),) * 3


def test_what_the_views_agree_on_becomes_a_label() -> None:
    labels = _labels(_votes(liver=(BOX, 0.9), bone=(APART, 0.8)))
    assert (labels[BOX] == CLASSES.index["liver"]).all()
    assert (labels[APART] == CLASSES.index["bone"]).all()
    assert (labels == 0).sum() == labels.size - 6**3 - 4**3


def test_what_they_do_not_agree_on_teaches_nothing() -> None:
    labels = _labels(_votes(liver=(BOX, 0.9), spleen=(APART, 0.68)))
    assert (labels[APART] == UNKNOWN).all()
    assert (labels[BOX] == CLASSES.index["liver"]).all()


def test_an_organ_of_too_little_is_doubted_with_its_rim() -> None:
    labels = _labels(_votes(liver=((slice(4, 6),) * 3, 0.99)))
    assert (labels[4:6, 4:6, 4:6] == UNKNOWN).all()
    assert labels[3, 4, 4] == UNKNOWN
    assert not (labels == CLASSES.index["liver"]).any()


def test_a_piece_apart_is_doubted_and_the_organ_stays() -> None:
    labels = _labels(_votes(liver=(BOX, 0.9), liver__piece=(APART, 0.9)))
    assert (labels[BOX] == CLASSES.index["liver"]).all()
    assert (labels[APART] == UNKNOWN).all()


def test_outside_the_body_nothing_is_doubted() -> None:
    body = np.zeros(SHAPE, bool)
    body[:, :, :10] = True
    labels = _labels(_votes(liver=(BOX, 0.9), spleen=(APART, 0.68)), body)
    assert (labels[APART] == 0).all()
