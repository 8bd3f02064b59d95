"""The one list of public models."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from OrganSegLib.importers.catalogue import PublicFile, PublicModel, public_models
from OrganSegLib.model import DEFAULT_MODEL, load_model
from OrganSegLib.resources import resources_dir

ENTRIES: list[dict[str, Any]] = json.loads((resources_dir() / "models.json").read_text())["models"]
MODELS = [model for model in public_models().values() if model.kind != "built-in"]
FILES = [file for model in MODELS for file in model.files]


def test_the_list_names_no_model_twice_and_none_is_lost() -> None:
    assert list(public_models()) == [entry["name"] for entry in ENTRIES]


def test_the_built_in_model_is_the_one_that_is_shipped() -> None:
    listed, plan = public_models()[DEFAULT_MODEL], load_model(DEFAULT_MODEL).plan
    assert (listed.kind, listed.files, listed.size) == ("built-in", (), 0)
    assert (listed.structures, listed.weights_licence) == (len(plan.labels), plan.licence)
    assert (listed.spacing_mm,) * 3 == plan.spacing_mm


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_says_on_which_terms_it_is_used(model: PublicModel) -> None:
    assert model.commercial
    assert re.search(r"Apache-2\.0", model.weights_licence)
    assert re.search(r"CC-BY-4\.0", model.data_licence)
    assert "doi:10." in model.citation
    assert f"{model.spacing_mm:g} mm" in model.title
    assert f"-{model.spacing_mm:g}mm" in model.name
    assert str(model.structures) in model.finds
    assert model.size > 0
    assert model.exact == all(file.size for file in model.files)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_every_file_comes_from_a_fixed_place(file: PublicFile) -> None:
    """A tag or a commit, from its makers, never a branch that moves on."""
    github = r"https://github\.com/wasserth/TotalSegmentator/releases/download/v\d\.\d\.\d-weights/\w+\.zip"
    commit = r"https://raw\.githubusercontent\.com/Project-MONAI/model-zoo/[0-9a-f]{40}/models/.+\.json"
    nvidia = r"https://developer\.download\.nvidia\.com/assets/Clara/monai/tutorials/model_zoo/\w+\.pt"
    assert re.fullmatch(f"{github}|{commit}|{nvidia}", file.url)
    assert file.pinned or file.path.endswith(".zip")
    assert file.size or file.about


def test_the_networks_of_totalsegmentator_come_as_one_model() -> None:
    numbers = {
        model.name: [int(file.path[7:10]) for file in model.files]
        for model in MODELS
        if model.kind == "nnunet"
    }
    assert numbers == {
        "totalsegmentator-3mm": [297],
        "totalsegmentator-6mm": [298],
        "totalsegmentator-1.5mm": [291, 292, 293, 294, 295],
        "totalsegmentator-v3-3mm": [836],
        "totalsegmentator-v3-6mm": [837],
        "totalsegmentator-v3-1.5mm": [831, 832, 833, 834, 835],
    }


def test_a_carried_file_may_have_either_name() -> None:
    weights = public_models()["monai-whole-body-3mm"].files[0]
    assert weights.names == ("model_lowres_wholebody_ct_segmentation.pt", "model_lowres.pt")


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("name", "../x", ValueError),
        ("kind", "pickle", ValueError),
        ("commercial", "yes", TypeError),
        ("home", "http://example.org", ValueError),
        ("title", "two\nlines", ValueError),
        ("spacing_mm", -1, ValueError),
        ("seconds", float("nan"), ValueError),
        ("structures", 10**9, ValueError),
    ],
)
def test_entries_that_cannot_be_right_are_refused(key: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        PublicModel.from_dict({**ENTRIES[1], key: value})


@pytest.mark.parametrize("key", sorted(ENTRIES[1].keys() - {"configuration"}))
def test_incomplete_entries_are_refused(key: str) -> None:
    with pytest.raises(KeyError):
        PublicModel.from_dict({name: value for name, value in ENTRIES[1].items() if name != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "file:///etc/passwd"),
        ("path", "../../x"),
        ("path", "/etc/passwd"),
        ("size", -1),
        ("size", 2**40),
        ("sha256", "0" * 63),
        ("md5", "xyz"),
    ],
)
def test_files_that_cannot_be_right_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"is no|is not"):
        PublicFile.from_dict({**ENTRIES[1]["files"][0], key: value})
