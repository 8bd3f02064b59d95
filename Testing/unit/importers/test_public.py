"""Public models: downloaded or carried in, with consent, checked, whole or not at all."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib.download import downloads_dir
from OrganSegLib.errors import Cancelled, DownloadError, ModelError, OrganSegError
from OrganSegLib.importers import catalogue
from OrganSegLib.importers.catalogue import public_models
from OrganSegLib.importers.known_files import known_files, record_path
from OrganSegLib.importers.public import install_public
from OrganSegLib.model import Model, remove_model
from OrganSegLib.progress import Progress
from OrganSegLib.resources import models_dir
from OrganSegLib.sealed import sha256

from Testing.unit.download.server import Served, serving
from Testing.unit.importers.bundles import make_bundle
from Testing.unit.importers.nnunet_models import Recipe, write_model

ONE, FIVE, PINNED = "totalsegmentator-6mm", "totalsegmentator-1.5mm", "totalsegmentator-3mm"
BUNDLE = "monai-whole-body-3mm"


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Name -> a tiny model, for each archive of `ONE` and `FIVE`."""
    made = {}
    for number, file in enumerate((*public_models()[ONE].files, *public_models()[FIVE].files)):
        folder = tmp_path_factory.mktemp("foreign")
        labels = {"background": 0, f"structure_{number}": 1}
        write_model(folder, Recipe(labels=labels, dataset=file.path.removesuffix(".zip"), seed=number))
        made[file.path] = Path(shutil.make_archive(str(folder), "zip", folder)).read_bytes()
    return made


@pytest.fixture
def server(archives: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A mirror of all of them."""
    with serving(dict(archives)) as served:
        monkeypatch.setenv("ORGANSEG_MIRROR", f"{served.url}/plain")
        yield served


@pytest.fixture
def carried(archives: dict[str, bytes], tmp_path: Path) -> Path:
    """A stick with all of them."""
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, content in archives.items():
        (folder / name).write_bytes(content)
    return folder


def left_behind() -> list[Path]:
    """Whatever an installation that failed must not leave: a record of checksums may stay."""
    places = (models_dir(), downloads_dir(), Path(models_dir().parent / "temporary"))
    found = [path for place in places if place.exists() for path in place.iterdir()]
    return [path for path in found if path != record_path()]


def organs(model: Model) -> list[str]:
    return [organ.name for organ in model.plan.organs.values()]


def refused(kind: type[OrganSegError], code: str, name: str, *sources: Path, accepted: bool = True) -> str:
    """The sentence and the next step of an installation that must fail and leave nothing."""
    before = left_behind()
    with pytest.raises(kind) as caught:
        install_public(name, accepted, sources, loopback=True)
    assert caught.value.code == code
    assert caught.value.next_step
    assert left_behind() == before
    return str(caught.value)


def test_a_model_is_downloaded_checked_and_imported(server: Served, archives: dict[str, bytes]) -> None:
    told: list[float] = []
    progress = Progress(listener=lambda stage, fraction: told.append(fraction))
    model = install_public(ONE, True, progress=progress, loopback=True)
    assert (model.folder, model.plan.name) == (models_dir() / ONE, ONE)
    assert organs(model) == ["structure_0"]
    assert [path for path, _ in server.ranges] == [f"/plain/{name}" for name in archives][:1]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(0.9)
    assert left_behind() == [model.folder]


def test_five_networks_become_one_model(server: Served) -> None:
    model = install_public(FIVE, True, loopback=True)
    assert organs(model) == [f"structure_{number}" for number in range(1, 6)]
    assert len(server.ranges) == len(known_files()) == 5


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


@pytest.mark.usefixtures("server")
def test_the_first_installation_records_a_checksum(carried: Path) -> None:
    install_public(ONE, True, loopback=True)
    (file,) = public_models()[ONE].files
    (known,) = known_files().items()
    assert known[0] == file.url
    assert known[1].sha256 == sha256(carried / file.path)
    assert known[1].sha256 in record_path().read_text()
    remove_model(ONE)
    install_public(ONE, True, loopback=True)
    remove_model(ONE)
    install_public(ONE, True, [carried])


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_file_that_changed_since_is_refused(server: Served, carried: Path, by_hand: bool) -> None:
    install_public(ONE, True, [carried])
    remove_model(ONE)
    name, other = (public_models()[which].files[0].path for which in (ONE, FIVE))
    server.files[name] = (carried / other).read_bytes()
    shutil.copy(carried / other, carried / name)
    said = refused(ModelError, "model.checksum_changed", ONE, *([carried] if by_hand else []))
    assert sha256(carried / other) in said
    assert str(record_path()) in said


@pytest.mark.parametrize("text", ["", "[]", '{"files": {"https://x": {"sha256": "0", "recorded": "now"}}}'])
def test_a_damaged_record_is_not_taken_for_none(carried: Path, text: str) -> None:
    models_dir().mkdir()
    record_path().write_text(text)
    refused(ModelError, "model.checksum_record", ONE, carried)


def test_a_record_that_cannot_be_written_undoes_the_installation(carried: Path) -> None:
    models_dir().mkdir()
    record_path().mkdir()
    refused(ModelError, "model.not_writable", ONE, carried)


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


def test_files_that_somebody_carried_in(server: Served, carried: Path) -> None:
    given = sorted(carried.iterdir())
    assert install_public(FIVE, True, [carried]).plan.name == FIVE
    renamed = (carried / public_models()[ONE].files[0].path).rename(carried / "download (1).zip")
    assert install_public(ONE, True, [renamed]).plan.name == ONE
    assert server.ranges == []
    assert len(list(carried.iterdir())) == len(given)


def test_files_that_are_of_no_use_spare_a_broken_download(server: Served, carried: Path) -> None:
    server.files.pop(public_models()[FIVE].files[1].path)
    with pytest.raises(DownloadError):
        install_public(FIVE, True, loopback=True)
    refused(ModelError, "model.import_missing", FIVE, carried / "nothing")
    assert len(list((downloads_dir() / FIVE).iterdir())) == 1


def test_carried_files_are_checked_like_downloaded_ones(server: Served, carried: Path) -> None:
    some = carried / public_models()[ONE].files[0].path
    refused(DownloadError, "download.checksum", PINNED, some)
    assert "5 files" in refused(ModelError, "model.import_missing", FIVE, some)
    refused(ModelError, "model.import_missing", ONE, carried / "nothing.zip")
    some.write_bytes(b"no zip")
    refused(ModelError, "model.import_damaged", ONE, some)
    assert server.ranges == []


def test_a_models_folder_that_cannot_be_written(carried: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(carried / public_models()[ONE].files[0].path))
    with pytest.raises(ModelError) as caught:
        install_public(ONE, True, [carried])
    assert caught.value.code == "model.not_writable"
