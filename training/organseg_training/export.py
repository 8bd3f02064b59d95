"""A finished or running training -> the model folder that OrganSeg opens."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Any

import torch
from OrganSegLib.model import save_model_folder
from OrganSegLib.organs import catalogue
from OrganSegLib.plan import Label, Plan

from .classes import CHANNELS, ORGANS
from .config import Config
from .evaluate import as_markdown
from .fit import log_entries, network, windows

CARD = Path(__file__).with_name("model_card.md")


def export(config: Config, run: Path, folder: Path, left_out: tuple[str, ...] = ()) -> None:
    """Write plan, averaged weights and card of a run into ``folder``.

    Args:
        left_out: organs too weak to ship: their outputs count as background.
    """
    weights = torch.load(run / "checkpoint.pt", weights_only=True)["ema"]
    state = {name.removeprefix("module."): value for name, value in weights.items() if name != "n_averaged"}
    plan = make_plan(config, run, left_out)
    save_model_folder(folder, plan, state, model_card(config, plan))


def make_plan(config: Config, run: Path, left_out: tuple[str, ...]) -> Plan:
    """What the engine must know of the run's network."""
    shipped = [organ for organ in ORGANS if organ not in left_out]
    labels = [
        Label(CHANNELS.index(organ), value, catalogue()[organ]) for value, organ in enumerate(shipped, 1)
    ]
    scores = run / "scores.json"
    return Plan(
        name=config.name,
        version=config.version,
        description=config.description,
        spacing_mm=config.spacing_mm,
        windows=windows(config),
        patch=config.patches[0],
        multiple=config.multiple,
        network=network(config),
        channels=len(CHANNELS),
        labels=tuple(labels),
        licence="Apache-2.0",
        training={
            **_facts(run),
            "seed": config.seed,
            "phantoms": config.phantoms,
            "left_out": list(left_out),
        },
        scores=json.loads(scores.read_text(encoding="utf-8")) if scores.exists() else {},
    )


def model_card(config: Config, plan: Plan) -> str:
    """The text of ``MODEL_CARD.md``: what it learnt from, what was measured, where it fails."""
    sources = [
        f"| {s.name} | {'learnt from' if s.role == 'train' else 'checked on'} | "
        f"{'published labels' if s.labels else 'lungs by rule'} | {s.licence} |"
        for s in config.sources
    ]
    return Template(CARD.read_text(encoding="utf-8")).substitute(
        name=plan.name,
        version=plan.version,
        organs=", ".join(label.organ.name for label in plan.labels),
        left_out=", ".join(plan.training["left_out"]) or "none",
        sources="\n".join(sources),
        phantoms=config.phantoms,
        iterations=plan.training["iterations"],
        hours=plan.training["hours"],
        scores=as_markdown(plan.scores) if plan.scores else "not measured yet",
    )


def _facts(run: Path) -> dict[str, Any]:
    """Iterations done and hours spent; a resumed run's clock starts anew, so its stretches are added up."""
    last, seconds = {"iteration": 0, "seconds": 0.0}, 0.0
    for entry in log_entries(run):
        if entry["seconds"] < last["seconds"]:
            seconds += last["seconds"]
        last = entry
    return {"iterations": last["iteration"], "hours": round((seconds + last["seconds"]) / 3600, 2)}
