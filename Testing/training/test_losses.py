"""Losses equal MONAI's where all is known, and ask nothing of what is not known."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from monai.losses import DiceLoss, FocalLoss, TverskyLoss
from organseg_training.classes import UNKNOWN
from organseg_training.config.fit import Fit, LossTerm
from organseg_training.errors import ConfigError
from organseg_training.losses import LOSSES, build_loss
from pydantic import ValidationError
from torch import Tensor

CLASSES = 4
OVERLAP = {"softmax": True, "to_onehot_y": True, "include_background": False}
MONAI = {
    "dice_classwise": DiceLoss(**OVERLAP),
    "jaccard": DiceLoss(jaccard=True, **OVERLAP),
    "iou": DiceLoss(jaccard=True, **OVERLAP),
    "tversky": TverskyLoss(**OVERLAP),
    "focal": FocalLoss(use_softmax=True, to_onehot_y=True),
    "cross_entropy": lambda logits, labels: F.cross_entropy(logits, labels[:, 0]),
}


@pytest.fixture(params=[(6, 5), (3, 4, 5)], ids=["2D", "3D"])
def sample(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor, Tensor]:
    """Two samples: logits, labels and that all classes are known."""
    torch.manual_seed(1)
    labels = torch.randint(0, CLASSES, (2, *request.param))
    return torch.randn(2, CLASSES, *request.param), labels, torch.ones(2, CLASSES, dtype=torch.bool)


@pytest.mark.parametrize("name", MONAI)
def test_equals_monai_where_all_is_known(name: str, sample: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, labels, known = sample
    expected = MONAI[name](logits, labels[:, None])
    torch.testing.assert_close(build_loss(name)(logits, labels, known), expected)


def test_pooled_dice_is_monais_of_one_organ(sample: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, labels, known = sample
    logits, labels = logits[:, :2], labels.clamp(max=1)
    expected = DiceLoss(**OVERLAP)(logits, labels[:, None])
    torch.testing.assert_close(build_loss("dice")(logits, labels, known[:, :2]), expected)


def test_binary_cross_entropy_of_one_organ_is_torchs(sample: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, labels, known = sample
    logits, labels = logits[:, :2], labels.clamp(max=1)
    expected = F.binary_cross_entropy_with_logits(logits[:, 1] - logits[:, 0], labels.float())
    torch.testing.assert_close(build_loss("bce")(logits, labels, known[:, :2]), expected)


def test_dice_ce_is_weighted_cross_entropy_and_dice(sample: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, labels, known = sample
    for n, balance in ((0, 0.5), (1, 0.2)):
        frequency = torch.bincount(labels[n].flatten(), minlength=CLASSES) / labels[n].numel()
        cross_entropy = F.cross_entropy(logits[n, None], labels[n, None], frequency**-balance)
        dice = DiceLoss(smooth_nr=5, smooth_dr=5, **OVERLAP)(logits[n, None], labels[n, None, None])
        loss = build_loss("dice_ce")(logits[n, None], labels[n, None], known[n, None], done=float(n))
        torch.testing.assert_close(loss, cross_entropy + dice)


@pytest.mark.parametrize("name", LOSSES)
class TestPartialLabels:
    """Only class 1 of background, 1, 2 and 3 is known."""

    known = torch.tensor([[False, True, False, False]])
    labels = torch.tensor([[[0, 0, 0], [1, 1, UNKNOWN]]])

    def loss(self, name: str, predicted: list[list[int]], labels: Tensor | None = None) -> float:
        logits = 20.0 * F.one_hot(torch.tensor([predicted]), CLASSES).permute(0, 3, 1, 2)
        return float(build_loss(name)(logits, self.labels if labels is None else labels, self.known))

    def test_a_class_that_is_not_known_may_hide_in_background(self, name: str) -> None:
        right = self.loss(name, [[0, 0, 0], [1, 1, 0]])
        hidden = self.loss(name, [[2, 0, 3], [1, 1, 0]])
        wrong = self.loss(name, [[1, 0, 3], [1, 1, 0]])
        assert hidden == pytest.approx(right, abs=1e-5)
        assert wrong > right + 0.1

    def test_unknown_voxels_do_not_count(self, name: str) -> None:
        first, second = (self.loss(name, [[0, 0, 0], [1, 0, c]]) for c in (0, 1))
        assert first == pytest.approx(second, abs=1e-6)

    def test_nothing_known_teaches_nothing(self, name: str) -> None:
        logits = torch.randn(1, CLASSES, 2, 3, requires_grad=True)
        loss = build_loss(name)(
            logits, torch.full((1, 2, 3), UNKNOWN), torch.ones(1, CLASSES, dtype=torch.bool)
        )
        loss.backward()
        assert float(loss) == 0
        assert logits.grad is not None
        assert float(logits.grad.abs().sum()) == 0

    def test_gradients_lead_downhill(self, name: str) -> None:
        torch.manual_seed(0)
        logits = torch.randn(1, CLASSES, 2, 3, requires_grad=True)
        loss = build_loss(name)(logits, self.labels, self.known)
        loss.backward()
        assert logits.grad is not None
        lower = build_loss(name)(logits - 0.1 * logits.grad, self.labels, self.known)
        assert lower < loss


def test_sums_have_weights_and_arguments(sample: tuple[Tensor, Tensor, Tensor]) -> None:
    tversky = LossTerm(name="tversky", weight=2.0, arguments={"alpha": 0.3, "beta": 0.7})
    both = build_loss(["dice", tversky])(*sample)
    alone = TverskyLoss(alpha=0.3, beta=0.7, **OVERLAP)(sample[0], sample[1][:, None])
    torch.testing.assert_close(both, build_loss("dice")(*sample) + 2 * alone)


def test_ones_own_loss_by_its_import_path(sample: tuple[Tensor, Tensor, Tensor]) -> None:
    own = LossTerm(name="monai.losses:DiceLoss", arguments=OVERLAP)
    torch.testing.assert_close(build_loss(own)(*sample), build_loss("dice_classwise")(*sample))


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("monai.losses:NoLoss", "config.import_failed", "monai.losses:NoLoss"),
        ("tversky", "config.bad_value", "alfa"),
    ],
)
def test_losses_that_cannot_be_built_are_named(name: str, code: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        build_loss(LossTerm(name=name, arguments={"alfa": 1}))
    assert caught.value.code == code


def test_samples_of_a_batch_count_alike(sample: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, labels, known = sample
    known = torch.stack([known[0], torch.tensor([False, True, True, False])])
    loss = build_loss(["dice_ce", "focal"])
    each = [loss(logits[n, None], labels[n, None], known[n, None]) for n in (0, 1)]
    torch.testing.assert_close(loss(logits, labels, known), (each[0] + each[1]) / 2)


def test_outputs_under_deep_supervision_count_half_of_the_one_before(
    sample: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, known = sample
    outputs = torch.stack([logits, -logits, 2 * logits], 1)
    loss = build_loss("dice_ce")
    a, b, c = (loss(output, labels, known) for output in outputs.unbind(1))
    torch.testing.assert_close(loss(outputs, labels, known), (4 * a + 2 * b + c) / 7)


def test_names_in_a_configuration_become_terms() -> None:
    facts = {"patches": [[8, 8, 8]], "iterations": 1}
    assert Fit(**facts, loss="focal").loss == (LossTerm(name="focal"),)
    with pytest.raises(ValidationError, match="dise is no loss; choose among dice_ce"):
        Fit(**facts, loss="dise")
    sums = Fit(**facts, loss=["dice", {"name": "focal", "weight": 0.5}]).loss
    assert sums == (LossTerm(name="dice"), LossTerm(name="focal", weight=0.5))
