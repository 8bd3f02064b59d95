"""Public models from files that somebody carried in, and checksums that the first installation records."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from OrganSegLib.download import downloads_dir
from OrganSegLib.errors import DownloadError, ModelError
from OrganSegLib.importers.catalogue import public_models
from OrganSegLib.importers.known_files import known_files, record_path
from OrganSegLib.importers.public import install_public
from OrganSegLib.model import remove_model
from OrganSegLib.resources import models_dir
from OrganSegLib.sealed import sha256

from Testing.unit.download.server import Served
from Testing.unit.importers.tiny_public import FIVE, ONE, PINNED, refused

pytestmark = pytest.mark.usefixtures("_own_places")


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


def test_another_model_under_the_name_of_a_public_one_is_refused(carried: Path, tmp_path: Path) -> None:
    """It would be put on record, and the right one be refused from then on."""
    (file,) = public_models()[ONE].files
    other = carried / public_models()[FIVE].files[0].path
    for given in (other, shutil.copy(other, tmp_path / file.path)):
        assert str(given) in refused(DownloadError, "download.checksum", ONE, Path(given))
    assert known_files() == {}


def test_a_file_that_a_browser_unpacked_is_missing(tmp_path: Path) -> None:
    (tmp_path / "stick" / "Dataset298").mkdir(parents=True)
    for name in (ONE, PINNED):
        said = refused(ModelError, "model.import_missing", name, tmp_path / "stick")
        assert public_models()[name].files[0].path in said
        assert "leave it packed" in said


def test_a_models_folder_that_cannot_be_written(carried: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(carried / public_models()[ONE].files[0].path))
    with pytest.raises(ModelError) as caught:
        install_public(ONE, True, [carried])
    assert caught.value.code == "model.not_writable"


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
    name = public_models()[ONE].files[0].path
    with zipfile.ZipFile(carried / name, "a") as archive:
        archive.writestr("news.txt", "It was trained anew.")
    server.files[name] = (carried / name).read_bytes()
    said = refused(ModelError, "model.checksum_changed", ONE, *([carried] if by_hand else []))
    assert sha256(carried / name) in said
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
