"""Models listed, installed, imported, checked and removed by the child."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from OrganSegLib import protocol
from OrganSegLib.errands.models import (
    AVAILABLE,
    DAMAGED,
    IMPORT,
    INSTALL,
    INSTALLED,
    REMOVE,
    VERIFY,
    ListedModel,
    ModelOrder,
    Models,
    get_models,
    manage,
    models_request,
)
from OrganSegLib.errors import Cancelled, ModelError
from OrganSegLib.importers.catalogue import public_models
from OrganSegLib.model import DEFAULT_MODEL
from OrganSegLib.progress import Progress

from Testing.unit.importers.nnunet_models import Recipe, write_model


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of imported models, not there yet."""
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of nnU-Net."""
    return write_model(tmp_path_factory.mktemp("foreign"), Recipe())


def ask(order: ModelOrder, progress: Progress = Progress()) -> Models:
    """What the child answers, as it travels."""
    answer = manage(sent(models_request(1, order)), progress)
    return get_models(sent(answer))


def sent(message: protocol.Message) -> Any:
    (received,) = protocol.Decoder().feed(protocol.encode(message))
    return received


def listed(models: Models, name: str) -> ListedModel:
    (found,) = (model for model in models.listed if model.name == name)
    return found


def test_what_is_installed_comes_before_what_can_be() -> None:
    models = ask(ModelOrder())
    states = {model.name: model.state for model in models.listed}
    assert states == {name: INSTALLED if name == DEFAULT_MODEL else AVAILABLE for name in public_models()}
    assert models.listed[0].name == DEFAULT_MODEL
    built_in = models.listed[0]
    assert not built_in.removable
    assert built_in.voxels_mm == (3.0, 3.0, 3.0)
    assert built_in.size > 2**20
    assert "Where it fails" in built_in.card


def test_what_can_be_installed_tells_its_terms() -> None:
    for model in ask(ModelOrder()).listed[1:]:
        public = public_models()[model.name]
        assert (model.title, model.finds) == (public.title, public.finds)
        assert (model.licence, model.data_licence) == (public.weights_licence, public.data_licence)
        assert (model.commercial, model.citation, model.home) == (
            public.commercial,
            public.citation,
            public.home,
        )
        assert (model.size, model.exact, model.hosts) == (public.size, public.exact, public.hosts)
        assert (model.seconds, model.memory_gb, model.estimate) == (
            public.seconds,
            public.memory_gb,
            public.estimate,
        )
        assert not model.removable


def test_a_model_comes_and_goes(home: Path, place: Path) -> None:
    told: list[str] = []
    models = ask(
        ModelOrder(IMPORT, sources=(str(home),)), Progress(lambda stage, fraction: told.append(stage))
    )
    mine = listed(models, models.name)
    assert told
    assert (mine.name, mine.state, mine.removable, mine.structures) == ("organs", INSTALLED, True, 3)
    assert mine.commercial is None
    assert mine.seconds is None
    assert "nnU-Net" in mine.finds
    assert ask(ModelOrder(VERIFY, "organs")).name == "organs"
    gone = ask(ModelOrder(REMOVE, "organs"))
    assert "organs" not in [model.name for model in gone.listed]
    assert list(place.iterdir()) == []


def test_the_user_names_the_model_and_which_of_several(home: Path) -> None:
    order = ModelOrder(IMPORT, "mine", sources=(str(home.parent),), configuration="3d_fullres")
    assert ask(order).name == "mine"
    with pytest.raises(ModelError) as caught:
        ask(ModelOrder(IMPORT, "other", sources=(str(home.parent),), configuration="2d"))
    assert caught.value.code == "model.import_missing"


def test_a_damaged_model_is_listed_and_can_be_removed(home: Path, place: Path) -> None:
    ask(ModelOrder(IMPORT, sources=(str(home),)))
    (place / "organs" / "plan.json").write_text("{}")
    broken = listed(ask(ModelOrder()), "organs")
    assert broken.state == DAMAGED
    assert "plan.json" in broken.problem
    with pytest.raises(ModelError) as caught:
        ask(ModelOrder(VERIFY, "organs"))
    assert caught.value.code == "model.checksum"
    assert listed(ask(ModelOrder(REMOVE, "organs")), DEFAULT_MODEL).state == INSTALLED


def test_nothing_is_installed_before_its_licence_is_accepted(place: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ask(ModelOrder(INSTALL, "totalsegmentator-3mm"))
    assert caught.value.code == "model.licence"
    assert not place.exists()


def test_a_cancelled_import_leaves_nothing(home: Path, place: Path) -> None:
    with pytest.raises(Cancelled):
        ask(ModelOrder(IMPORT, sources=(str(home),)), Progress(cancelled=lambda: True))
    assert not place.exists()
