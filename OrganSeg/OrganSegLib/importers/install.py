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
from ..progress import Progress
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

UNPACKED, READ = 0.3, 0.8  # shares of a typical import's time


def import_models(
    sources: Sequence[Path], choice: Choice = Choice(), progress: Progress = Progress()
) -> Model:
    """Install the nnU-Net v2 model or MONAI bundle in a folder or zip.

    Several models of nnU-Net become one with the organs of all.

    Args:
        sources: folders or archives, each with one trained network.
        choice: of the user.
        progress: told what is read and stored.

    Raises:
        ModelError: ``model.import_missing``, ``model.import_damaged``, ``model.import_unsafe``,
            ``model.import_unsupported``, ``model.bad_name``, ``model.exists`` or ``model.not_writable``;
            nothing is installed then, and nothing is left behind.
        Cancelled: when the user asked to stop.
    """
    if choice.name:
        new_model_folder(choice.name)  # before gigabytes are read
    remove_unfinished(models_dir())
    with ExitStack() as stack:
        stack.enter_context(_said_of_the_source())
        unpacking = _each(sources, progress.part(0.0, UNPACKED))
        folders = [stack.enter_context(_opened(source, part)) for source, part in unpacking]
        found = _read(folders, choice, progress.part(UNPACKED, READ))
        folder = new_model_folder(choice.name or _default_name(found.title))
        plan = replace(found.plan, name=folder.name, licence=choice.licence or found.plan.licence)
        progress.report("Storing the model", READ)
        try:
            save_model_folder(folder, plan, found.weights, card(plan), half=False, anew=True)
        except OSError as error:
            if isinstance(error, FileExistsError):
                new_model_folder(folder.name)  # refuses it where another import was quicker
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


def _each(paths: Sequence[Path], progress: Progress) -> Iterator[tuple[Path, Progress]]:
    """Each with its share of the progress."""
    for number, path in enumerate(paths):
        yield path, progress.part(number / len(paths), (number + 1) / len(paths))


def _read(folders: Sequence[Path], choice: Choice, progress: Progress) -> Imported:
    bundles = [home for folder in folders if (home := bundle_in(folder))]
    if bundles and len(folders) > 1:
        raise unsupported("a MONAI bundle is imported alone")
    if bundles:
        progress.report(f"Reading {folders[0].name}")
        return read_bundle(bundles[0], choice)
    parts = []
    for folder, part in _each(folders, progress):
        part.report(f"Reading {folder.name}")
        parts.append(read_trained(folder, choice.configuration, choice.folds, choice.orientation))
    return joined(parts, choice.whole)


@contextmanager
def _opened(source: Path, progress: Progress) -> Iterator[Path]:
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
            progress.report(f"Unpacking {source.name}")
            unpack(source, folder, OF_NNUNET + OF_BUNDLES)
            yield folder
    else:
        raise ModelError(
            "model.import_missing", f"There is no '{source}'.", "Give a model's folder, or a zip of it."
        )


def _default_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:64] or UNNAMED
