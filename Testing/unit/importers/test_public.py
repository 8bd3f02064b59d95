"""Public models: downloaded or carried in, with consent, checked, whole or not at all."""

from __future__ import annotations

import resource
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib.download import downloads_dir
from OrganSegLib.errors import Cancelled, DownloadError, ModelError
from OrganSegLib.importers import catalogue
from OrganSegLib.importers.catalogue import public_models
from OrganSegLib.importers.known_files import known_files
from OrganSegLib.importers.public import install_public
from OrganSegLib.progress import Progress
from OrganSegLib.resources import models_dir
from OrganSegLib.sealed import sha256

from Testing.unit.download.server import Served, serving
from Testing.unit.importers.bundles import make_bundle
from Testing.unit.importers.nnunet_models import Recipe, write_model
from Testing.unit.importers.tiny_public import BUNDLE, FIVE, ONE, PINNED, TWO, left_behind, organs, refused

pytestmark = pytest.mark.usefixtures("_own_places")


def test_a_model_is_downloaded_checked_and_imported(server: Served, archives: dict[str, bytes]) -> None:
    told: list[float] = []
    progress = Progress(listener=lambda stage, fraction: told.append(fraction))
    model = install_public(ONE, True, progress=progress, loopback=True)
    assert (model.folder, model.plan.name) == (models_dir() / ONE, ONE)
    assert organs(model) == ["structure_0"]
    assert model.plan.licence == "Apache-2.0"
    assert [path for path, _ in server.ranges] == [f"/plain/{name}" for name in archives][:1]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(0.98)
    assert left_behind() == [model.folder]


def test_five_networks_become_one_model(server: Served) -> None:
    model = install_public(FIVE, True, loopback=True)
    assert organs(model) == [f"structure_{number}" for number in range(1, 6)]
    assert len(server.ranges) == len(known_files()) == 5


def test_of_two_networks_in_an_archive_the_standard_one_is_taken(tmp_path: Path) -> None:
    """As TotalSegmentator does with those of version 3."""
    (file,) = public_models()[TWO].files
    dataset = file.path.removesuffix(".zip")
    home = write_model(tmp_path / "foreign", Recipe(dataset=dataset, labels={"background": 0, "standard": 1}))
    other = write_model(tmp_path / "other", Recipe(dataset=dataset, residual=True))
    other.rename(home.with_name("nnUNetTrainer__nnUNetResEncUNetLPlans_8__3d_fullres"))
    archive = shutil.make_archive(str(tmp_path / dataset), "zip", tmp_path / "foreign")
    assert organs(install_public(TWO, True, [Path(archive)])) == ["standard"]


def test_the_files_of_a_bundle_are_put_where_they_belong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With checksums of a tiny bundle in place of those of the real one."""
    made, listed = make_bundle(tmp_path / "bundle"), public_models()[BUNDLE]
    files = tuple(replace(file, size=None, md5="", sha256=sha256(made / file.path)) for file in listed.files)
    monkeypatch.setattr(catalogue, "_entries", lambda: {BUNDLE: replace(listed, files=files)})
    served = {file.names[0]: (made / file.path).read_bytes() for file in files}
    with serving(served) as server:
        monkeypatch.setenv("ORGANSEG_MIRROR", f"{server.url}/plain")
        model = install_public(BUNDLE, True, loopback=True)
    assert "liver" in organs(model)
    assert left_behind() == [model.folder]


def test_nothing_is_fetched_without_consent(server: Served) -> None:
    said = refused(ModelError, "model.licence", ONE, accepted=False)
    assert "Apache-2.0" in said
    assert "CC-BY-4.0" in said
    assert server.ranges == []


def test_only_public_models_that_are_not_here_are_installed(server: Served, carried: Path) -> None:
    assert ONE in refused(ModelError, "model.not_public", "nobody's")
    refused(ModelError, "model.shipped", "organseg-ct-3mm")
    install_public(ONE, True, [carried])
    refused(ModelError, "model.exists", ONE)
    refused(ModelError, "model.exists", ONE, accepted=False)
    assert server.ranges == []


def test_a_broken_download_goes_on(server: Served) -> None:
    last = public_models()[FIVE].files[-1].path
    content = server.files.pop(last)
    with pytest.raises(DownloadError) as caught:
        install_public(FIVE, True, loopback=True)
    assert caught.value.code == "download.refused"
    assert len(list((downloads_dir() / FIVE).iterdir())) == 4
    assert not (models_dir() / FIVE).exists()
    server.files[last] = content
    server.ranges.clear()
    install_public(FIVE, True, loopback=True)
    assert [path for path, _ in server.ranges] == [f"/plain/{last}"]
    assert left_behind() == [models_dir() / FIVE]


def test_offline_tells_how_to_carry_the_files_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MIRROR", "http://127.0.0.1:9")
    for name, given in ((ONE, public_models()[ONE].files[0].path), (FIVE, "FOLDER, with all 5 files")):
        said = refused(DownloadError, "download.offline", name)
        assert public_models()[name].files[0].url in said
        assert f"organseg models install {name} --from {given}" in said


@pytest.mark.parametrize("behaviour", ["busy", "missing", "away/https"])
def test_a_server_that_refuses_leaves_nothing(
    server: Served, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    monkeypatch.setenv("ORGANSEG_MIRROR", f"{server.url}/{behaviour}")
    if behaviour == "missing":
        server.files.clear()
    code = "download.insecure" if behaviour.startswith("away") else "download.refused"
    refused(DownloadError, code, ONE)


def test_another_file_than_the_publisher_s_is_refused(server: Served, archives: dict[str, bytes]) -> None:
    server.files[public_models()[PINNED].files[0].path] = next(iter(archives.values()))
    refused(DownloadError, "download.checksum", PINNED)


def test_a_damaged_archive_is_fetched_again_next_time(server: Served, archives: dict[str, bytes]) -> None:
    name = public_models()[ONE].files[0].path
    server.files[name] = archives[name][:1000]
    refused(ModelError, "model.import_damaged", ONE)
    server.files[name] = archives[name]
    assert install_public(ONE, True, loopback=True).plan.name == ONE


def test_too_little_space_is_told_before_anything_is_fetched(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=2 * public_models()[ONE].size)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: full)
    refused(DownloadError, "download.no_space", ONE)
    assert server.ranges == []


@pytest.mark.usefixtures("server")
def test_a_disk_that_fills_up_is_named(archives: dict[str, bytes]) -> None:
    """Files of this process may not grow as large: to a program it is as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(next(iter(archives.values()))) // 2, limits[1]))
    try:
        refused(DownloadError, "download.no_space", ONE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("reached", [0.0, 0.5, 0.9])
def test_cancelling_leaves_nothing(reached: float) -> None:
    """In the first file, in one of those after it, before the import."""
    told: list[float] = []
    progress = Progress(
        lambda stage, fraction: told.append(fraction), lambda: bool(told) and told[-1] >= reached
    )
    with pytest.raises(Cancelled):
        install_public(FIVE, True, progress=progress, loopback=True)
    assert left_behind() == []


def test_one_installation_at_a_time(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MIRROR", f"{server.url}/gate")
    begun = threading.Event()
    progress = Progress(listener=lambda stage, fraction: begun.set())
    first = threading.Thread(target=install_public, args=(ONE, True, (), progress, True))
    first.start()
    assert begun.wait(10)
    with pytest.raises(ModelError) as caught:
        install_public(ONE, True, loopback=True)
    server.gate.set()
    first.join()
    assert caught.value.code == "model.busy"
    assert left_behind() == [models_dir() / ONE]
