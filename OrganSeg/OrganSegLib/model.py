"""A model is a sealed folder: plan, weights and card. It is read safely, or not at all."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from .bounds import shown
from .errors import ModelError, is_out_of_memory
from .plan import Plan
from .resources import models_dir, resources_dir
from .sealed import CHECKSUMS, damage, sha256, write_sealed

if TYPE_CHECKING:
    from torch import Tensor, nn

DEFAULT_MODEL = "organseg-ct-3mm"
PLAN, WEIGHTS, CARD = "plan.json", "weights.safetensors", "MODEL_CARD.md"
CARD_LETTERS = 2**18
REINSTALL = "Install the model again or ask whoever made it."


@dataclass(frozen=True)
class Model:
    """A verified model folder. Two models are equal where folder and content are.

    Attributes:
        folder: where plan and weights lie.
        plan: how the network sees a CT and what it names.
        digest: SHA-256 of the folder's checksum file, which stands for plan and weights.
        members: which of the folder's specialists the plan describes, see `members`; None for all there is.
    """

    folder: Path
    plan: Plan = field(compare=False)
    digest: str = field(repr=False)
    members: tuple[int, ...] | None = None


def load_model(name_or_folder: str | Path = DEFAULT_MODEL) -> Model:
    """Verify a model folder and read its plan; the weights are read when a runtime needs them.

    Raises:
        ModelError: ``model.not_found``, ``model.no_plan``, ``model.no_weights``, ``model.checksum`` or
            ``model.bad_plan``.
    """
    folder = model_folder(name_or_folder)
    if (folder / PLAN).is_file():
        if not (folder / WEIGHTS).is_file():
            raise no_weights(folder)
        read = (name for name in (PLAN, WEIGHTS, CARD) if name != CARD or (folder / CARD).exists())
        if reason := damage(folder, tuple(read)):
            raise ModelError(
                "model.checksum",
                f"The model in {folder} is damaged or was changed, and was not loaded: {reason}.",
                REINSTALL,
            )
    plan = Plan.load(folder / PLAN)
    return Model(folder, plan, sha256(folder / CHECKSUMS))


def card_of(model: Model) -> str:
    """Text of its card, without anything that would command a terminal or turn words around; empty if none.

    Raises:
        OSError: it cannot be read.
    """
    path = model.folder / CARD
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(CARD_LETTERS)
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def installed_models(problems: list[ModelError] | None = None) -> list[Model]:
    """Every model that came with OrganSeg or was imported, by name.

    Args:
        problems: takes the errors of damaged ones, which are then left out.

    Raises:
        ModelError: as `load_model`, when one of them is damaged and ``problems`` is None.
    """
    models = []
    for folder in model_folders().values():
        try:
            models.append(load_model(folder))
        except ModelError as error:
            if problems is None:
                raise
            problems.append(error)
    return models


def model_folders() -> dict[str, Path]:
    """Name -> folder of every model that came with OrganSeg or was imported, damaged ones too."""
    imported = [folder for folder in models_dir().glob("[!.]*") if folder.is_dir()]
    folders = [*imported, *(plan.parent for plan in _shipped().glob(f"*/{PLAN}"))]
    return {folder.name: folder for folder in sorted(folders, key=lambda folder: folder.name)}


def model_folder(name_or_folder: str | Path) -> Path:
    """Where that model lies, which nobody has verified yet.

    Raises:
        ModelError: ``model.not_found``.
    """
    name = os.fspath(name_or_folder)
    folder = model_folders().get(name, Path(name))
    if folder.is_dir():
        return folder.absolute()
    raise _not_found(name)


def new_model_folder(name: str) -> Path:
    """Where a model that is imported under this name shall lie.

    Raises:
        ModelError: ``model.bad_name`` for what cannot be a folder's name everywhere, ``model.exists``.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) or PureWindowsPath(name).is_reserved():
        raise ModelError(
            "model.bad_name",
            f"A model cannot be named {name!r}.",
            "Choose a --name of up to 64 letters, digits, dots, hyphens and underscores.",
        )
    if name in model_folders() or (models_dir() / name).exists():
        raise ModelError(
            "model.exists",
            f"There is a model named {name} already.",
            f"Remove that one first (organseg models remove {name}), or import under another name.",
        )
    return models_dir() / name


def remove_model(name: str) -> Path:
    """Delete an imported model, also a damaged one.

    Returns:
        Where it was.

    Raises:
        ModelError: ``model.not_found``, ``model.shipped``, ``model.not_writable``.
    """
    folder = model_folders().get(name)
    if folder is None:
        raise _not_found(name)
    if folder.parent != models_dir():
        raise ModelError(
            "model.shipped",
            f"The model {name} came with OrganSeg and stays.",
            "Only models that were imported can be removed.",
        )
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise ModelError(
            "model.not_writable",
            f"The model in '{folder}' could not be removed: {error.strerror or error}.",
            "Check that you may write there and that no program is using it.",
        ) from error
    return folder


def save_model_folder(
    folder: Path,
    plan: Plan,
    network_state: dict[str, Tensor],
    card: str,
    half: bool = True,
    anew: bool = False,
) -> None:
    """Write a model folder, whole or not at all; an older one of that name is replaced.

    Args:
        folder: where the model shall lie.
        plan: saved as ``plan.json``; its network must fit the weights.
        network_state: ``state_dict()`` of that network.
        card: text of ``MODEL_CARD.md``.
        half: store the weights as float16, and not as they are.
        anew: replace no older one.

    Raises:
        FileExistsError: when there is an older one that shall stay.
        ModelError: ``model.bad_weights`` when the weights do not fit the plan or are not finite as stored,
            ``model.bad_plan``, or as `networks.build`.
        OSError: when the folder cannot be written.
    """
    network = _untrained(plan)
    try:
        network.load_state_dict(network_state)
    except RuntimeError as error:
        raise bad_weights(folder, str(error)) from error
    if half:
        network = network.half()
    _check_finite(folder, network)
    with write_sealed(folder, anew) as new:
        plan.save(new / PLAN)
        Plan.load(new / PLAN)  # what is refused when it is read must not be written
        _save_weights(network, new / WEIGHTS)
        (new / CARD).write_text(card, encoding="utf-8")


def _save_weights(network: nn.Module, path: Path) -> None:
    """Raises: OSError: which safetensors tells in words only."""
    from safetensors import SafetensorError
    from safetensors.torch import save_model

    try:
        # Not save_file: DynUNet names its layers twice, and each is stored once.
        save_model(network, str(path))
    except SafetensorError as error:
        told = re.search(r"os error (\d+)", str(error))
        if told is None:
            raise
        number = int(told[1])
        raise OSError(number, os.strerror(number), str(path)) from error


def torch_network(model: Model) -> nn.Module:
    """The trained network in float32, in evaluation mode, on the CPU; one that takes volumes, also if 2D.

    Raises:
        ModelError: ``model.no_weights``, ``model.bad_weights``, ``model.bad_plan`` or
            ``model.unknown_network``.
        MemoryError: too little is free for them.
    """
    from safetensors import SafetensorError

    from .networks.budget import at_most
    from .networks.slicewise import SliceWise
    from .stored_weights import fill

    try:
        size = (model.folder / WEIGHTS).stat().st_size
        small = bad_weights(model.folder, "they are smaller than the network that the plan asks for")
        with at_most(size, small):  # a parameter takes two bytes or more
            network = _untrained(model.plan)
        fill(network, model)
    except FileNotFoundError as error:
        raise no_weights(model.folder) from error
    except (SafetensorError, RuntimeError, OSError) as error:
        if is_out_of_memory(error):
            raise MemoryError(WEIGHTS) from error
        raise bad_weights(model.folder, str(error)) from error
    _check_finite(model.folder, network)
    if model.plan.dimensions == 2:
        network = SliceWise(network)
    return network.eval()


def _shipped() -> Path:
    return resources_dir() / "Models"


def _not_found(name: str) -> ModelError:
    return ModelError(
        "model.not_found",
        f"There is no model {name!r}, neither installed nor as a folder.",
        f"Installed models: {', '.join(model_folders()) or 'none'}. Those of nnU-Net and MONAI are imported "
        "first: organseg models import FOLDER_OR_ZIP",
    )


def _untrained(plan: Plan) -> nn.Module:
    from .networks import build

    network = build(plan.network)
    arguments = plan.network["arguments"]
    if (arguments["in_channels"], arguments["out_channels"]) != (len(plan.windows), plan.channels):
        raise ModelError(
            "model.bad_plan",
            f"The model's plan has {len(plan.windows)} windows and {plan.channels} channels, but its network "
            f"takes {arguments['in_channels']} and gives {arguments['out_channels']}.",
            REINSTALL,
        )
    return network


def _check_finite(folder: Path, network: nn.Module) -> None:
    if not all(tensor.isfinite().all() for tensor in network.state_dict().values()):
        raise bad_weights(folder, "they hold infinite or undefined numbers")


def no_weights(folder: Path) -> ModelError:
    """``model.no_weights``."""
    return ModelError("model.no_weights", f"The model folder {folder} holds no {WEIGHTS}.", REINSTALL)


def bad_weights(folder: Path, reason: str) -> ModelError:
    """``model.bad_weights``."""
    return ModelError(
        "model.bad_weights", f"The weights of the model {folder} cannot be used: {shown(reason)}.", REINSTALL
    )
