"""A finished or running training -> the model folder that OrganSeg opens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from OrganSegLib.model import Model, load_model, save_model_folder
from OrganSegLib.plan import Plan

from .calibration import FILE as CALIBRATION
from .calibration import Calibration
from .card import model_card
from .config import Config
from .errors import ConfigError, TrainingError
from .logit_adjustment import adjusted
from .manifest import FILE as MANIFEST
from .manifest import Manifest
from .plan import make_plan
from .provenance import read_provenance
from .run_folder import CASES, CONFIG, EVALUATION
from .scoring import Evaluation
from .scoring.evaluation import FILE as SCORES

if TYPE_CHECKING:
    from torch import Tensor

# Arguments that give a network outputs at coarser levels, which only its training needs.
DEEP_SUPERVISION = ("deep_supervision", "deep_supr_num")


def export(config: Config, run: Path, folder: Path, left_out: tuple[str, ...] | None = None) -> Model:
    """Write plan, weights and card of a run into ``folder``, whole or not at all.

    The card shows the scores of ``run/evaluation`` if these very weights were evaluated, and the plan has the
    thresholds of ``run/calibration.json`` if they were calibrated.

    Args:
        config: of the run.
        run: folder with ``checkpoint.pt``.
        folder: of the model; an older one is replaced.
        left_out: organs too weak to ship: their outputs count as background; by default the configuration's.

    Raises:
        ConfigError: ``config.unknown_organ`` when the model never had an organ that is left out.
        TrainingError: ``training.other_network``, or as `fit.trained_weights`.
        ModelError: as `OrganSegLib.model.save_model_folder`.
    """
    from .fit import trained_weights

    left_out = config.left_out if left_out is None else left_out
    _check_organs(config, left_out)
    training = _training(config, run, left_out)
    evaluation = _evaluation(run, training)
    plan = _without_deep_supervision(
        make_plan(config, left_out, training, _dice(evaluation) if evaluation else None)
    )
    calibration = _calibration(run, plan)
    if calibration:
        plan = replace(plan, uncertainty=calibration.thresholds)
    adjustment = {config.classes.index[name]: nats for name, nats in config.logit_adjustment.items()}
    weights = adjusted(_needed(trained_weights(run), plan, run), plan, adjustment)
    card = model_card(config, plan, _manifest(run), read_provenance(run), evaluation, calibration)
    save_model_folder(folder, plan, weights, card)
    return load_model(folder)


def _check_organs(config: Config, left_out: tuple[str, ...]) -> None:
    for organ in (*left_out, *config.experimental, *config.logit_adjustment):
        if organ not in config.organs:
            raise ConfigError(
                "config.unknown_organ",
                f"The organ {organ} cannot be left out, experimental or adjusted: the model never had it.",
                f"It knows: {', '.join(config.organs)}.",
            )


def _without_deep_supervision(plan: Plan) -> Plan:
    arguments = {k: v for k, v in plan.network["arguments"].items() if k not in DEEP_SUPERVISION}
    return replace(plan, network={**plan.network, "arguments": arguments})


def _needed(weights: dict[str, Tensor], plan: Plan, run: Path) -> dict[str, Tensor]:
    """The weights of the plan's network; only heads of deep supervision may be left over."""
    from OrganSegLib.networks import build

    wanted = build(plan.network).state_dict().keys()
    spare = [name for name in weights if name not in wanted and "head" not in name]
    if spare or not wanted <= weights.keys():
        raise TrainingError(
            "training.other_network",
            f"The weights in {run} do not fit the configuration's network {plan.network['name']}.",
            f"Use the configuration of the run, {run / CONFIG}.",
        )
    return {name: weights[name] for name in wanted}


def _training(config: Config, run: Path, left_out: tuple[str, ...]) -> dict[str, Any]:
    """Facts for ``plan.json``: what the weights went through."""
    standing = read_provenance(run).get("standing", {})
    return {
        "iterations": standing.get("best_iteration") or standing.get("iteration"),
        "hours": round(standing.get("seconds", 0.0) / 3600, 2),
        "seed": config.seed,
        "left_out": list(left_out),
        "logit_adjustment": config.logit_adjustment,
    }


def _evaluation(run: Path, training: dict[str, Any]) -> Evaluation | None:
    """The run's scores, unless its weights have changed since."""
    folder = run / EVALUATION
    if not (folder / SCORES).exists():
        return None
    evaluation = Evaluation.load(folder)
    return evaluation if _weights(evaluation.model) == _weights(training) else None


def _calibration(run: Path, plan: Plan) -> Calibration | None:
    """The run's calibration, unless its weights or the choice of organs have changed since."""
    if not (run / CALIBRATION).exists():
        return None
    calibration = Calibration.load(run)
    organs = [organ.name for organ in plan.organs.values()]
    same = _weights(calibration.model) == _weights(plan.training) and calibration.model["organs"] == organs
    return calibration if same else None


def _weights(facts: dict[str, Any]) -> tuple[Any, Any]:
    """What tells a run's weights from those that it gave before or with another configuration."""
    return facts["iterations"], facts.get("logit_adjustment", {})


def _dice(evaluation: Evaluation) -> dict[str, Any]:
    """Scan -> its part and the Dice of its organs, for ``plan.json``."""
    return {
        scan.name: {
            "role": scan.part,
            "dice": {score.organ: round(score.dice, 3) for score in scan.organs if score.dice is not None},
        }
        for scan in evaluation.scans
    }


def _manifest(run: Path) -> Manifest | None:
    """Of the run's cases, or of those that it shares with the run which it is a part of."""
    for folder in (run, *run.resolve().parents[:2]):
        if (folder / CASES / MANIFEST).exists():
            return Manifest.load(folder / CASES)
    return None
