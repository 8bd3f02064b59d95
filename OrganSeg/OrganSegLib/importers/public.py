"""A public model installed as its user wished: downloaded or carried in, checked, imported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from ..download import RemoteFile, downloads_dir, fetch, require_space
from ..errors import Cancelled, DownloadError, ModelError
from ..locks import Busy, held
from ..model import Model, new_model_folder, remove_model
from ..progress import Progress
from ..resources import models_dir
from ..scratch import PrivateFolder
from ..sealed import sha256
from .archive import folders_in
from .catalogue import BUILT_IN, NNUNET, PublicFile, PublicModel, public_model
from .choice import Choice
from .install import import_models
from .known_files import record, require_unchanged
from .refusals import damaged, not_stored

ROOM = 3  # what arrives, what of it is unpacked, and the weights that stay
MENDABLE = ("model.not_writable", "model.checksum_record")  # by the user, without another download
DOWNLOADED = 0.9  # share of a typical installation's time


def install_public(
    name: str,
    accepted: bool,
    sources: Sequence[Path] = (),
    progress: Progress = Progress(),
    loopback: bool = False,
) -> Model:
    """Install a model of the catalogue under its name there, whole or not at all.

    Args:
        name: of the model.
        accepted: whether the user read and accepts its licences; nothing is fetched before.
        sources: the model's files, or folders with them, that somebody carried in; then nothing is fetched.
        progress: told about the bytes, then about the import.
        loopback: allow plain HTTP from this computer itself, for tests.

    Raises:
        ModelError: ``model.not_public``, ``model.shipped``, ``model.licence``, ``model.exists``,
            ``model.busy``, ``model.checksum_changed``, ``model.checksum_record``, or as `import_models`.
        DownloadError: as `download.fetch`; after ``download.offline`` the next call goes on.
        Cancelled: when the user asked to stop.
    """
    model = public_model(name)
    _require_absence(model)
    _require_consent(model, accepted)
    with _alone(name):
        _require_absence(model)  # another process may have been quicker
        folder = downloads_dir() / name
        if sources:
            installed = _imported(model, _carried(model, sources), progress)
        else:
            with _tidied(folder):
                paths = _downloaded(model, folder, progress.part(0.0, DOWNLOADED), loopback)
                installed = _imported(model, paths, progress.part(DOWNLOADED, 1.0))
        shutil.rmtree(folder, ignore_errors=True)
    return installed


def remote(model: PublicModel, file: PublicFile) -> RemoteFile:
    """What to fetch, and what to do with it where it had to be carried."""
    alone = len(model.files) == 1
    given = file.names[0] if alone else f"FOLDER, with all {len(model.files)} files of the model in it"
    command = f"organseg models install {model.name} --from {given}"
    return RemoteFile(file.url, file.sha256, file.size, model.weights_licence, file.md5, command)


def _require_absence(model: PublicModel) -> None:
    if model.kind == BUILT_IN:
        raise ModelError(
            "model.shipped", f"The model {model.name} came with OrganSeg.", "It needs no installation."
        )
    new_model_folder(model.name)


def _require_consent(model: PublicModel, accepted: bool) -> None:
    if not accepted:
        raise ModelError(
            "model.licence",
            f"{model.title} is not installed without consent to its licences. "
            f"Weights: {model.weights_licence}. Data that they learnt from: {model.data_licence}.",
            f"Read them at {model.home} and accept them (--accept-licence).",
        )


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One installation of a model at a time."""
    try:
        models_dir().mkdir(parents=True, exist_ok=True)
        with held(models_dir() / f".{name}.installing"):
            yield
    except Busy as busy:
        raise ModelError(
            "model.busy",
            f"The model {name} is being installed already, by another window or command.",
            "Wait until that is done.",
        ) from busy
    except OSError as error:
        raise not_stored(models_dir(), error) from error


@contextmanager
def _tidied(folder: Path) -> Iterator[None]:
    """After a failure only those downloads stay that another attempt can go on with."""
    try:
        yield
    except (ModelError, Cancelled) as error:
        if error.code not in MENDABLE:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    except DownloadError:
        with suppress(OSError):
            folder.rmdir()  # fails where it holds something
        raise


def _downloaded(model: PublicModel, folder: Path, progress: Progress, loopback: bool) -> list[Path]:
    """The model's files, in their order; those of an earlier attempt are not fetched again."""
    paths, done = [], 0
    here = sum(path.stat().st_size for path in folder.glob("*"))
    require_space(folder, ROOM * model.size - here)
    for file in model.files:
        share = file.size or file.about
        part = progress.part(done / model.size, (done + share) / model.size)
        paths.append(fetch(remote(model, file), folder, part, loopback))
        done += share
    return paths


def _carried(model: PublicModel, sources: Sequence[Path]) -> list[Path]:
    """The model's files among those that somebody carried in, in their order, checked."""
    for source in sources:
        if not source.exists():
            raise ModelError("model.import_missing", f"There is no '{source}'.", "Check where the files lie.")
    try:
        given = [path for source in sources for path in _files_of(source)]
        paths = [_among(given, model, file) for file in model.files]
        for file, path in zip(model.files, paths, strict=True):
            if not remote(model, file).fits(path):
                raise _another_file(path, model, file)
    except OSError as error:
        raise damaged("A given file", f"it cannot be read ({error.strerror or error})") from error
    return paths


def _files_of(source: Path) -> list[Path]:
    return [path for path in source.iterdir() if path.is_file()] if source.is_dir() else [source]


def _another_file(path: Path, model: PublicModel, file: PublicFile) -> DownloadError:
    return DownloadError(
        "download.checksum",
        f"'{path}' is damaged, or not the file that {model.title} consists of.",
        f"Copy it again, or fetch it again from {file.url}",
    )


def _among(given: Sequence[Path], model: PublicModel, file: PublicFile) -> Path:
    if len(given) == len(model.files) == 1:
        return given[0]  # browsers rename what they save
    for path in given:
        if path.name in file.names:
            return path
    raise ModelError(
        "model.import_missing",
        f"{file.names[0]} is missing: {model.title} consists of {_count(model)}.",
        f"Fetch {file.url}, leave it packed, and give all files, or the folder that they are in.",
    )


def _count(model: PublicModel) -> str:
    return f"{len(model.files)} files" if len(model.files) > 1 else "this file"


def _imported(model: PublicModel, paths: Sequence[Path], progress: Progress) -> Model:
    """The installed model; checksums that nobody stated are on record from then on."""
    progress.report("Importing")
    files = list(zip(model.files, paths, strict=True))
    for file, path in files:
        # Nothing else tells another model from this one where nobody stated a checksum.
        if not file.pinned and PurePosixPath(file.path).stem not in folders_in(path):
            raise _another_file(path, model, file)
    digests = {file.url: sha256(path) for file, path in files if not file.pinned}
    for url, digest in digests.items():
        require_unchanged(url, digest)
    choice = Choice(model.name, model.configuration, licence=model.weights_licence)
    if model.kind == NNUNET:
        installed = import_models(paths, choice, progress)
    else:
        with PrivateFolder() as bundle:
            for file, path in files:
                (bundle / file.path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, bundle / file.path)
            installed = import_models([bundle], choice, progress)
    try:
        record(digests)
    except BaseException:
        remove_model(model.name)  # without its record a later change would go unseen
        raise
    return installed
