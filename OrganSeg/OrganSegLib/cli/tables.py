"""Results and facts as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..model import Model
from ..pipeline import Segmentation
from ..quality.kinds import CHECKED
from ..tables import NOTICE, rounded
from .run import Outcome
from .shown import say

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.text import Text

Volumes = Mapping[str, float]  # organ's name -> millilitres
STYLES = {"unflagged": "", "note": "yellow", "warning": "bold red"}


def show_outcome(outcome: Outcome, json_events: bool, truth: Volumes | None = None) -> None:
    """Tell what was found and where it lies; ``truth`` is what a phantom's organs really measure."""
    if json_events:
        say(
            event="done",
            folder=str(outcome.folder),
            files={name: str(path) for name, path in outcome.files.items()},
            organs=[rounded(organ) for organ in outcome.result.measurements],
            trust=[asdict(organ) for organ in outcome.result.trust],
            run=outcome.result.run,
        )
        return
    show_table(*_organs(outcome.result, truth))
    for organ in outcome.result.trust:
        for flag in organ.flags:
            if flag.level == "warning":
                show_line(f"Check {organ.name}: {flag.sentence}")
    if any(organ.level == "unflagged" for organ in outcome.result.trust):
        show_line(CHECKED)
    for check in outcome.result.run["checks"]:
        show_line(f"Scan: {check['sentence']}")
    for note in outcome.result.run["notes"]:
        show_line(f"Note: {note['sentence']}")
    show_line(f"Results: {outcome.folder}")
    show_line(f"Picture: {outcome.files['overview.png']}")
    show_line(NOTICE)


def show_models(models: Sequence[Model]) -> None:
    """One row per installed model."""
    rows = [
        (
            model.plan.name,
            model.plan.version,
            str(len(model.plan.labels)),
            " × ".join(f"{mm:g}" for mm in model.plan.spacing_mm),
            model.plan.licence,
            model.plan.description,
        )
        for model in models
    ]
    show_table(("Model", "Version", "Organs", "Voxels mm", "Licence", "Description"), rows, right=(2,))


def show_table(
    header: Sequence[str], rows: Iterable[Sequence[str | Text]], right: Sequence[int] = ()
) -> None:
    """A table on stdout; columns ``right`` hold numbers, the first holds names, which are never broken."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for place, title in enumerate(header):
        side: JustifyMethod = "right" if place in right else "left"
        table.add_column(title, justify=side, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)


def show_line(text: str) -> None:
    """A line on stdout, never broken, so that a path can be copied."""
    from rich.console import Console

    Console(markup=False, highlight=False, soft_wrap=True).print(text)


def _organs(
    result: Segmentation, truth: Volumes | None
) -> tuple[Sequence[str], list[list[str | Text]], Sequence[int]]:
    """Header, rows and the columns that hold numbers."""
    from rich.text import Text

    header = ["Organ", "Volume ml", "Mean HU", "Remark"]
    rows: list[list[str | Text]] = [
        [
            organ.name,
            _number(organ.volume_ml),
            _number(organ.mean_hu),
            Text(trust.words, STYLES[trust.level]),
        ]
        for organ, trust in zip(result.measurements, result.trust, strict=True)
    ]
    if truth is None:
        return header, rows, (1, 2)
    header.insert(2, "True ml")
    for row in rows:
        row.insert(2, _number(truth.get(str(row[0]))))
    return header, rows, (1, 2, 3)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
