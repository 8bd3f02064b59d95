"""The dialog of models where users change their minds, and where files, networks and models are not whole."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.importers.catalogue import public_models
from OrganSegLib.model import DEFAULT_MODEL, load_model
from OrganSegLib.phantom import make_phantom

from Testing.slicer.model_user import User
from Testing.unit.download.server import own_certificate, serving
from Testing.unit.importers.nnunet_models import Recipe, write_model

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = "totalsegmentator-6mm"  # whose makers publish no checksums


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of imported models."""
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "models"


@pytest.fixture
def user(slicer: Any, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """Somebody who has opened the dialog."""
    from Testing.slicer_environment.self_test import load_module

    assert not models.exists()
    yield User(slicer, load_module(ROOT / "OrganSeg" / "OrganSeg.py"), monkeypatch)
    slicer.app.moduleManager().unload("OrganSeg")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of nnU-Net."""
    return write_model(tmp_path_factory.mktemp("foreign"), Recipe())


def zipped(home: Path, archive: Path) -> str:
    """The model in a folder of the archive's name, as its publisher packs it."""
    folder = archive.parent / "packed"
    shutil.copytree(home.parent, folder / archive.stem)
    return shutil.make_archive(str(archive.with_suffix("")), "zip", folder)


def test_all_models_are_listed_with_their_terms(user: User) -> None:
    assert user.titles() == [model.title for model in public_models().values()]
    assert user.installed() == [DEFAULT_MODEL]
    for model in public_models().values():
        user.choose(model.title)
        told = user.ui.detailsText.toPlainText()
        for fact in (model.finds, model.weights_licence, model.data_licence, model.citation, model.home):
            assert " ".join(fact.split()) in " ".join(told.split())


def test_buttons_that_cannot_be_pressed_say_why(user: User) -> None:
    ui = user.ui
    user.choose(public_models()[DEFAULT_MODEL].title)
    assert (ui.installButton.enabled, ui.installButton.toolTip) == (False, "It is installed.")
    assert (ui.removeButton.enabled, ui.verifyButton.enabled) == (False, True)
    assert "came with OrganSeg" in ui.removeButton.toolTip
    user.choose(public_models()[PUBLIC].title)
    assert (ui.installButton.enabled, ui.installFilesButton.enabled) == (True, True)
    assert (ui.verifyButton.enabled, ui.verifyButton.toolTip) == (False, "It is not installed.")
    assert not ui.cancelButton.enabled


def test_a_public_model_is_installed_from_files(user: User, models: Path, home: Path, tmp_path: Path) -> None:
    (file,) = public_models()[PUBLIC].files
    user.files = [zipped(home, tmp_path / file.path)]
    user.choose(public_models()[PUBLIC].title)
    told = user.do(user.ui.installFilesButton)
    assert PUBLIC in told
    (question,) = user.asked
    assert "Apache-2.0" in question
    assert "downloaded" not in question
    assert user.panel.ui.modelSelector.currentText == PUBLIC
    assert "Licence of the weights: Apache-2.0" in user.ui.detailsText.toPlainText()
    assert sorted(user.organs()) == ["Kidney left", "Liver", "Tumour lesion"]
    assert PUBLIC in user.do(user.ui.removeButton)
    assert user.installed() == [DEFAULT_MODEL]
    assert not (models / PUBLIC).exists()


def test_a_download_is_cancelled_and_gone_on_with(
    user: User, models: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = public_models()[PUBLIC].files
    content = Path(zipped(home, tmp_path / file.path)).read_bytes()
    certificate = own_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    user.choose(public_models()[PUBLIC].title)
    with serving({file.path: content}, certificate) as served:
        monkeypatch.setenv("ORGANSEG_MIRROR", f"{served.url}/gate")
        user.click(user.ui.installButton)
        assert "134.8 MB from github.com" in user.asked[0]
        user.wait_until(lambda: "Downloading" in user.ui.statusLabel.text)
        assert user.panel.ui.modelSelector.enabled  # Slicer and the panel go on
        assert "cancelled" in user.do(user.ui.cancelButton)
        assert user.installed() == [DEFAULT_MODEL]
        served.gate.set()
        assert f"{PUBLIC} is installed" in user.do(user.ui.installButton)
        first, second = (wanted for _, wanted in served.ranges)
        assert first is None
        assert second  # only what was missing
    assert "on record since" in user.ui.detailsText.toPlainText()
    assert (models / PUBLIC).is_dir()


def test_who_declines_the_licence_gets_nothing(user: User, models: Path) -> None:
    user.agrees = False
    user.choose(public_models()[PUBLIC].title)
    assert "not accepted" in user.do(user.ui.installButton)
    assert "github.com" in user.asked[0]
    assert not models.exists()


def test_without_a_network_the_way_out_is_told(
    user: User, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANSEG_MIRROR", "https://127.0.0.1:9/")
    user.choose(public_models()[PUBLIC].title)
    told = user.do(user.ui.installButton)
    assert "could not be reached" in told
    assert "--from" in told
    assert "download.offline" in user.panel.ui.logText.toPlainText()
    assert user.installed() == [DEFAULT_MODEL]
    assert not (models / PUBLIC).exists()


def test_what_a_model_says_of_itself_is_never_taken_for_html(user: User, tmp_path: Path) -> None:
    import qt

    user.files = [str(write_model(tmp_path, Recipe(dataset="Dataset1_<img src=x>")))]
    user.do(user.ui.importFolderButton)
    told = user.ui.detailsText.toPlainText()
    assert "Dataset1_<img src=x>" in told
    row = user.ui.modelTable.currentRow()
    assert "&lt;img" in user.ui.modelTable.item(row, 1).toolTip()
    assert "<img" in user.panel.ui.modelLabel.text
    for label in (user.ui.statusLabel, user.panel.ui.modelLabel, user.panel.ui.statusLabel):
        assert label.textFormat == qt.Qt.PlainText


def test_a_damaged_zip_is_refused(user: User, models: Path, home: Path, tmp_path: Path) -> None:
    archive = Path(zipped(home, tmp_path / "model.zip"))
    archive.write_bytes(archive.read_bytes()[:-1000])
    user.files = [str(archive)]
    assert "damaged" in user.do(user.ui.importZipButton)
    assert "model.import_damaged" in user.panel.ui.logText.toPlainText()
    assert not models.exists()
    assert user.ui.importZipButton.enabled


def test_an_import_is_cancelled_and_done_again(user: User, models: Path, home: Path) -> None:
    user.files = [str(home)]
    user.click(user.ui.importFolderButton)
    assert user.panel.logic.models.busy
    assert not user.ui.importFolderButton.enabled
    assert user.ui.cancelButton.enabled
    assert "cancelled" in user.do(user.ui.cancelButton)
    assert not models.exists() or list(models.iterdir()) == []
    assert "organs is installed" in user.do(user.ui.importFolderButton)


def test_a_worker_that_dies_leaves_nothing(user: User, models: Path, home: Path) -> None:
    user.files = [str(home)]
    user.click(user.ui.importFolderButton)
    user.wait_until(lambda: user.panel.logic.models.pid > 0)
    os.kill(user.panel.logic.models.pid, signal.SIGKILL)
    user.wait()
    assert "worker.died" in user.panel.ui.logText.toPlainText()
    assert not models.exists() or list(models.iterdir()) == []
    assert user.ui.importFolderButton.enabled


def test_names_tell_two_models_apart(user: User, home: Path) -> None:
    user.files = [str(home)]
    user.do(user.ui.importFolderButton)
    assert "import under another name" in user.do(user.ui.importFolderButton)
    user.ui.nameBox.text = "second"
    user.ui.configurationBox.text = "3d_fullres"
    user.do(user.ui.importFolderButton)
    assert user.installed() == ["organs", DEFAULT_MODEL, "second"]
    assert user.panel.ui.modelSelector.currentText == "second"
    user.agrees = False
    user.do(user.ui.removeButton)
    assert "second" in user.installed()


def test_imports_as_the_user_chooses(user: User, tmp_path: Path) -> None:
    user.files = [str(write_model(tmp_path, Recipe(folds=("0", "1"))))]
    user.ui.foldsBox.text = "1"
    user.ui.orientationBox.currentIndex = user.ui.orientationBox.findText("LPS")
    user.ui.wholeBox.checked = True
    user.do(user.ui.importFolderButton)

    assert choices_of("organs") == ("NnUNet", "LPS", "whole")

    user.ui.nameBox.text = "all"
    user.ui.foldsBox.text, user.ui.orientationBox.currentIndex, user.ui.wholeBox.checked = "", 0, False
    user.do(user.ui.importFolderButton)
    assert choices_of("all") == ("Ensemble", "RAS", "patch")


def choices_of(name: str) -> tuple[str, str, str]:
    """What an import was told: folds make an ensemble."""
    plan = load_model(name).plan
    assert plan.nnunet is not None
    return plan.network["name"], plan.nnunet.orientation, plan.field_of_view


def test_a_model_that_was_damaged_is_told_and_removed(user: User, models: Path, home: Path) -> None:
    user.files = [str(home)]
    user.do(user.ui.importFolderButton)
    (models / "organs" / "plan.json").write_text("{}")
    user.click(user.ui.closeButton)
    user.click(user.panel.ui.modelsButton)
    user.wait()
    assert user.installed() == [DEFAULT_MODEL]
    user.choose("organs")
    assert "plan.json" in user.ui.detailsText.toPlainText()
    user.do(user.ui.removeButton)
    assert list(models.iterdir()) == []


def test_a_model_that_was_damaged_since_is_not_run(user: User, models: Path, home: Path) -> None:
    from OrganSegSlicer.self_test.phantom import load

    user.files = [str(home)]
    user.do(user.ui.importFolderButton)
    with (models / "organs" / "weights.safetensors").open("ab") as file:
        file.write(b"x")
    load(make_phantom(seed=4, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")[0])
    user.click(user.panel.ui.segmentButton)
    user.wait_until(lambda: not user.panel.logic.busy)
    assert "is damaged or was changed" in user.panel.ui.statusLabel.text
    assert "model.checksum" in user.panel.ui.logText.toPlainText()


def test_who_chooses_no_files_changes_nothing(user: User) -> None:
    user.choose(public_models()[PUBLIC].title)
    for button in (user.ui.installFilesButton, user.ui.importFolderButton, user.ui.importZipButton):
        user.click(button)
        assert not user.panel.logic.models.busy
    assert user.asked == []


@pytest.mark.usefixtures("slicer")
def test_sizes_and_times_are_said_as_people_say_them() -> None:
    from OrganSegSlicer.models_words import commercial_words, size_words, time_words, voxels_words

    assert [size_words(n) for n in (0, 5 * 10**5, 135_386_075, 2 * 10**9)] == [
        "",
        "0.5 MB",
        "135.4 MB",
        "2.0 GB",
    ]
    assert size_words(75_200_000, exact=False) == "about 75.2 MB"
    assert [time_words(seconds) for seconds in (None, 6.6)] == ["", "about 7 s"]
    assert [voxels_words(mm) for mm in ((), (3.0,) * 3, (0.8, 0.8, 3.0))] == ["", "3", "0.8 × 0.8 × 3"]
    assert [commercial_words(allowed) for allowed in (None, True, False)] == ["not stated", "yes", "no"]
