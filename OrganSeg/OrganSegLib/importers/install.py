"""From foreign folders or archives to one installed model folder, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir

from ..errors import ModelError
from ..model import Model, load_model, new_model_folder, save_model_folder
from ..resources import models_dir
from ..scratch import PrivateFolder
from ..sealed import remove_unfinished
from .archive import unpack
from .bundle import WANTED as OF_BUNDLES
from .bundle import bundle_in, read_bundle
from .card import card
from .choice import Choice
from .imported import UNNAMED, Imported
from .joined import joined
from .nnunet import WANTED as OF_NNUNET
from .nnunet import read_trained
from .refusals import damaged, not_stored, unsupported


def import_models(sources: Sequence[Path], choice: Choice = Choice()) -> Model:
    """Install the nnU-Net v2 model or MONAI bundle in a folder or zip.

    Several models of nnU-Net become one with the organs of all.

    Args:
        sources: folders or archives, each with one trained network.
        choice: of the user.

    Raises:
        ModelError: ``model.import_missing``, ``model.import_damaged``, ``model.import_unsafe``,
            ``model.import_unsupported``, ``model.bad_name``, ``model.exists`` or ``model.not_writable``;
            nothing is installed then, and nothing is left behind.
    """
    if choice.name:
        new_model_folder(choice.name)  # before gigabytes are read
    remove_unfinished(models_dir())
    with ExitStack() as stack:
        stack.enter_context(_said_of_the_source())
        found = _read([stack.enter_context(_opened(source)) for source in sources], choice)
        folder = new_model_folder(choice.name or _default_name(found.title))
        plan = replace(found.plan, name=folder.name, licence=choice.licence or found.plan.licence)
        try:
            save_model_folder(folder, plan, found.weights, card(plan), half=False)
        except OSError as error:
            raise not_stored(folder.parent, error) from error
    return load_model(folder)


@contextmanager
def _said_of_the_source() -> Iterator[None]:
    """What is wrong with the plan and weights that would have been is wrong with what they came from."""
    try:
        yield
    except ModelError as error:
        if error.code not in ("model.bad_plan", "model.bad_weights"):
            raise
        reason = error.sentence.partition(": ")[2] or error.sentence
        raise damaged("The model", reason.rstrip(".")) from error
    except OSError as error:
        raise damaged("The model", f"it cannot be read ({error.strerror or error})") from error


def _read(folders: Sequence[Path], choice: Choice) -> Imported:
    bundles = [home for folder in folders if (home := bundle_in(folder))]
    if bundles and len(folders) > 1:
        raise unsupported("a MONAI bundle is imported alone")
    if bundles:
        return read_bundle(bundles[0], choice)
    parts = [
        read_trained(folder, choice.configuration, choice.folds, choice.orientation) for folder in folders
    ]
    return joined(parts, choice.whole)


@contextmanager
def _opened(source: Path) -> Iterator[Path]:
    """The folder itself, or a temporary one with what an archive holds."""
    if source.is_dir():
        yield source
    elif source.is_file():
        with ExitStack() as stack:
            try:
                folder = stack.enter_context(PrivateFolder()) / (source.stem.strip(" .") or UNNAMED)
                folder.mkdir()
            except OSError as error:
                raise not_stored(Path(gettempdir()), error) from error
            unpack(source, folder, OF_NNUNET + OF_BUNDLES)
            yield folder
    else:
        raise ModelError(
            "model.import_missing", f"There is no '{source}'.", "Give a model's folder, or a zip of it."
        )


def _default_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:64] or UNNAMED
