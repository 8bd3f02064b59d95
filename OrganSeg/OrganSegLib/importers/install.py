"""From foreign folders or archives to one installed model folder, whole or not at all."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bounds import shown
from ..errors import ModelError
from ..model import Model, load_model, new_model_folder, save_model_folder
from ..plan import Label, Plan
from .archive import unpack
from .card import card
from .labels import organs_of
from .nnunet import WANTED, Trained, read_trained
from .refusals import damaged, unsupported

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Choice:
    """What the user may decide about an import.

    Attributes:
        name: of the installed model; made from the data set's when None.
        configuration: which of several to take, such as ``3d_fullres``.
        folds: which to take; None takes all there are.
        orientation: where the axes of the images it learned from run to, where nnU-Net does not tell.
        whole: let it see the whole body at once where memory allows: quicker, and not what nnU-Net computes.
    """

    name: str | None = None
    configuration: str | None = None
    folds: tuple[str, ...] | None = None
    orientation: str | None = None
    whole: bool = False


def import_models(sources: Sequence[Path], choice: Choice = Choice()) -> Model:
    """Install the nnU-Net v2 model in a folder or zip; several become one model with the organs of all.

    Args:
        sources: folders or archives, each with one trained network.
        choice: of the user.

    Raises:
        ModelError: ``model.import_missing``, ``model.import_damaged``, ``model.import_unsafe``,
            ``model.import_unsupported``, ``model.bad_name``, ``model.exists`` or ``model.not_writable``;
            nothing is installed then, and nothing is left behind.
    """
    with ExitStack() as stack:
        folders = [stack.enter_context(_opened(source)) for source in sources]
        parts = [
            read_trained(folder, choice.configuration, choice.folds, choice.orientation) for folder in folders
        ]
        folder = new_model_folder(choice.name or _default_name(parts))
        plan = _plan(folder.name, parts, choice.whole)
        try:
            save_model_folder(folder, plan, _weights(plan, parts), card(plan), half=False)
        except OSError as error:
            raise ModelError(
                "model.not_writable",
                f"The model could not be stored in '{folder.parent}': {error.strerror or error}.",
                "Free some space, or name another folder in the environment variable ORGANSEG_MODELS.",
            ) from error
    return load_model(folder)


@contextmanager
def _opened(source: Path) -> Iterator[Path]:
    """The folder itself, or a temporary one with what an archive holds."""
    if source.is_dir():
        yield source
    elif source.is_file():
        with tempfile.TemporaryDirectory(prefix="organseg-import-") as temporary:
            folder = Path(temporary) / source.stem
            folder.mkdir()
            unpack(source, folder, WANTED)
            yield folder
    else:
        raise ModelError(
            "model.import_missing", f"There is no '{source}'.", "Give a model's folder, or a zip of it."
        )


def _default_name(parts: Sequence[Trained]) -> str:
    name = re.sub(r"^Dataset\d+_", "", parts[0].dataset)
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:64] or "imported"


def _plan(name: str, parts: Sequence[Trained], whole: bool) -> Plan:
    first = parts[0]
    for other in parts[1:]:
        for what in ("spacing_mm", "patch", "multiple", "preparation"):
            if getattr(other, what) != getattr(first, what):
                raise unsupported(f"{first.dataset} and {other.dataset} see scans differently ({what})")
    names = [name for part in parts for _, name in sorted(part.names.items())]
    organs = organs_of(dict(enumerate(names, 1)))
    network = _network(parts)
    return Plan(
        name=name,
        version="1",
        description=shown(f"Imported from nnU-Net v2: {', '.join(part.dataset for part in parts)}"),
        spacing_mm=first.spacing_mm,
        windows=tuple(part.window for part in parts),
        patch=first.patch,
        multiple=first.multiple,
        network=network,
        channels=len(names) + 1,
        labels=tuple(Label(value, value, organ) for value, organ in organs.items()),
        licence=shown("; ".join(dict.fromkeys(part.facts["licence"] for part in parts))),
        training={"imported": [part.facts for part in parts]},
        field_of_view="whole" if whole else "patch",
        tidy=False,
        nnunet=first.preparation,
    )


def _network(parts: Sequence[Trained]) -> dict[str, Any]:
    described = [_ensemble(part) for part in parts]
    if len(parts) == 1:
        return described[0]
    channels = 1 + sum(len(part.names) for part in parts)
    shared = {
        "in_channels": len(parts),
        "out_channels": channels,
        "spatial_dims": len(parts[0].arguments["strides"][0]),
    }
    return {"name": "Specialists", "arguments": {**shared, "networks": described}}


def _ensemble(part: Trained) -> dict[str, Any]:
    shared = {"in_channels": 1, "out_channels": len(part.names) + 1, **part.arguments}
    one = {"name": "NnUNet", "arguments": shared}
    if len(part.folds) == 1:
        return one
    outer = {name: shared[name] for name in ("in_channels", "out_channels", "spatial_dims")}
    return {"name": "Ensemble", "arguments": {**outer, "networks": [one] * len(part.folds)}}


def _weights(plan: Plan, parts: Sequence[Trained]) -> dict[str, Tensor]:
    """All weights by their place in the plan's network, checked before any is copied."""
    import torch

    from ..networks import build

    found: dict[str, Tensor] = {}
    for number, part in enumerate(parts):
        outer = f"members.{number}." if len(parts) > 1 else ""
        for place, weights in enumerate(part.folds.values()):
            inner = f"members.{place}." if len(part.folds) > 1 else ""
            found |= {f"{outer}{inner}{name}": weight for name, weight in weights.items()}
    with torch.device("meta"):
        expected = {name: weight.shape for name, weight in build(plan.network).state_dict().items()}
    shapes = {name: weight.shape for name, weight in found.items() if weight.is_floating_point()}
    # Of huge weights a file can hold one number and say that it counts for all.
    held = {w.untyped_storage().data_ptr(): w.untyped_storage().nbytes() for w in found.values()}
    if shapes != expected or sum(held.values()) < sum(map(math.prod, expected.values())):
        raise damaged("A checkpoint", "its weights are not those of the network in plans.json")
    return {name: weight.float().contiguous() for name, weight in found.items()}
