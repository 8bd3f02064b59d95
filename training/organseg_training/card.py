"""The text of ``MODEL_CARD.md``: what a model learnt from, what was measured, where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from OrganSegLib.plan import Plan

from .calibration import Calibration
from .calibration import markdown as calibration_markdown
from .config import Config
from .grids import times
from .manifest import Manifest, Record
from .report import markdown
from .scoring import Evaluation

TEMPLATE = Path(__file__).with_name("model_card.md")
MOST_NAMES = 6  # scans of a kind that are named one by one


def model_card(
    config: Config,
    plan: Plan,
    manifest: Manifest | None,
    provenance: dict[str, Any],
    evaluation: Evaluation | None,
    calibration: Calibration | None,
) -> str:
    """Fill in the card; what is not known is said to be so.

    Args:
        manifest: the prepared cases.
        provenance: of the run, see `provenance.write_provenance`; empty where nothing was recorded.
        evaluation, calibration: of these very weights.
    """
    from jinja2 import Environment, StrictUndefined

    # Markdown for people to read as it is; nothing of it comes from outside of the run.
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701  # nosec B701
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        plan=plan,
        organs=[organ.name for organ in plan.organs.values()],
        left_out=plan.training["left_out"],
        spacing=_spacing(plan),
        sources=_sources(manifest, provenance.get("fold")) if manifest else [["not recorded", "", "", ""]],
        card=config.card,
        machine=_machine(provenance),
        results=markdown(evaluation) if evaluation else "Not measured yet.",
        calibration=calibration_markdown(calibration) if calibration else "Not measured yet.",
    )


def _spacing(plan: Plan) -> str:
    if plan.spacing_mm[2] == 0:
        return f"{times(plan.spacing_mm[:2])} mm on the scan's own slices"
    return f"{times(plan.spacing_mm)} mm"


def _sources(manifest: Manifest, fold: dict[str, list[str]] | None) -> list[list[str]]:
    """One row for all scans that share role, labels and licence."""
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for name, record in manifest.cases.items():
        kind = _role(name, record, fold), ", ".join(record.known), record.licence or "unstated"
        kinds.setdefault(kind, []).append(name)
    return [
        [", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} scans", *kind]
        for kind, names in kinds.items()
    ]


def _role(name: str, record: Record, fold: dict[str, list[str]] | None) -> str:
    if record.role == "check":
        return "checked on"
    if fold is None or name in fold["train"]:
        return "learnt from"
    return "chosen by" if name in fold["validation"] else "tested on"


def _machine(provenance: dict[str, Any]) -> str:
    if not provenance:
        return "an unknown machine"
    machine, device = provenance["machine"], provenance["device"]
    gpus = ", ".join(gpu["name"] for gpu in machine["gpus"]) if "cuda" in device else ""
    return f"{gpus or str(machine['cores']) + ' CPU cores'}, {provenance['precision']}"
