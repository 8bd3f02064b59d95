"""From a MONAI bundle to a model that segments: what the plan says, and the command around it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from OrganSegLib.cli.all_commands import app
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.model import CARD, load_model, torch_network
from OrganSegLib.phantom import make_phantom, write_image
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.plan import BundleInput, Plan, Window
from typer.testing import CliRunner

from Testing.unit.importers.bundles import (
    BTCV,
    KNOWN,
    SPLEEN,
    STRUCTURES,
    WHOLE_BODY,
    Bundle,
    Changes,
    make_bundle,
    random_network,
)

pytestmark = pytest.mark.usefixtures("places")

MM = (12.0, 12.0, 12.0)


def test_the_whole_body_bundle_is_two_models(tmp_path: Path) -> None:
    home = make_bundle(tmp_path / "bundle", WHOLE_BODY, (1.5, 1.5, 1.5))
    high, low = (import_models([home], Choice(configuration=name)) for name in ("highres", "lowres"))
    assert (high.plan.name, low.plan.name) == (
        "whole-body-ct-segmentation-highres",
        "whole-body-ct-segmentation-lowres",
    )
    assert (high.plan.spacing_mm, low.plan.spacing_mm) == ((1.5, 1.5, 1.5), (3.0, 3.0, 3.0))
    for model, file in ((high, "model.pt"), (low, "model_lowres.pt")):
        stored = torch.load(home / "models" / file, weights_only=True)["convInit.conv.weight"]
        ours = torch_network(model).state_dict()["convInit.conv.weight"]
        assert torch.equal(ours.permute(0, 1, 4, 3, 2), stored)
    assert import_models([home]).plan.spacing_mm == (1.5, 1.5, 1.5)


def test_the_plan_says_what_the_bundle_says(tmp_path: Path) -> None:
    plan = import_models([make_bundle(tmp_path / "bundle")]).plan
    assert (plan.patch, plan.multiple, plan.channels) == ((32, 24, 16), 8, 11)
    assert plan.windows == (Window(-32768, 32767, 0, 1),)
    assert plan.bundle == BundleInput("RAS", "zero", (-1.0, 1.0), 0.25, "gaussian", "replicate")
    assert (plan.field_of_view, plan.tidy, plan.nnunet) == ("patch", False, None)
    assert (plan.version, plan.licence) == ("0.2.5", "Apache License, Version 2.0, January 2004")
    assert tuple(organ.name for organ in plan.organs.values()) == STRUCTURES


@pytest.mark.parametrize(
    ("bundle", "low", "high"), [(SPLEEN, -57, 164), (BTCV, -175, 250)], ids=["spleen", "btcv"]
)
def test_a_range_of_hu_is_a_window(bundle: Bundle, low: int, high: int, tmp_path: Path) -> None:
    plan = import_models([make_bundle(tmp_path / "bundle", bundle)]).plan
    assert plan.windows == (Window(low, high, low, high - low),)
    assert plan.bundle == BundleInput("RAS", overlap=0.5)


def test_a_range_is_not_clipped_where_the_bundle_does_not(tmp_path: Path) -> None:
    changes = Changes(
        {
            ("preprocessing", "transforms", 4, "clip"): False,
            ("preprocessing", "transforms", 4, "b_min"): -1,
        }
    )
    plan = import_models([make_bundle(tmp_path / "bundle", SPLEEN, changes=changes)]).plan
    window = plan.windows[0]
    assert (window.low, window.high) == (-32768, 32767)
    np.testing.assert_allclose([(hu - window.centre) / window.scale for hu in (-57, 164)], [-1, 1])


def test_the_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    model = import_models([make_bundle(tmp_path / "bundle")])
    assert Plan.load(model.folder / "plan.json") == model.plan


@pytest.mark.parametrize("bundle", KNOWN.values(), ids=KNOWN)
@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_imported_bundles_segment(bundle: Bundle, runtime: str, tmp_path: Path) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    model = import_models([make_bundle(tmp_path / "bundle", bundle, MM)])
    scan, _ = make_phantom(seed=2, spacing_mm=MM, region="abdomen")
    found = segment(scan, model, Options(runtime=runtime, surfaces=False)).labelmap
    assert found.grid == scan.grid
    assert len(np.unique(found.voxels)) > 1


@pytest.mark.parametrize("wrapped", ["model", None])
def test_weights_may_lie_beside_others_in_their_file(wrapped: str | None, tmp_path: Path) -> None:
    home = make_bundle(tmp_path / "bundle", SPLEEN)
    state = random_network(SPLEEN).state_dict()
    torch.save({wrapped: state, "epoch": 3} if wrapped else state, home / "models" / "model.pt")
    weight = torch_network(import_models([home])).state_dict()["model.0.conv.unit0.adn.N.running_var"]
    assert torch.equal(weight, state["model.0.conv.unit0.adn.N.running_var"])


def test_full_names_of_classes_and_parts_that_are_switched_off_are_understood(tmp_path: Path) -> None:
    changes = Changes(
        {
            ("network_def", "_target_"): "monai.networks.nets.SegResNet",
            ("preprocessing", "_target_"): "monai.transforms.Compose",
            ("preprocessing", "transforms", 7): {
                "_target_": "ToTensord",
                "keys": "x",
                "_disabled_": "$not False",
            },
            ("network",): "@network_def",
        }
    )
    assert import_models([make_bundle(tmp_path / "bundle", changes=changes)]).plan.bundle


def test_a_zip_goes_through_a_models_life_on_the_command_line(tmp_path: Path) -> None:
    make_bundle(tmp_path / "zoo" / "spleen", SPLEEN, MM)
    archive = shutil.make_archive(str(tmp_path / "spleen"), "zip", tmp_path / "zoo")

    def organseg(*arguments: object) -> str:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "spleen-ct-segmentation" in organseg("models", "import", archive)
    assert "MONAI" in organseg("models", "info", "spleen-ct-segmentation")
    organseg("models", "verify", "spleen-ct-segmentation")
    study = tmp_path / "ct.nii.gz"
    write_image(make_phantom(seed=2, spacing_mm=MM, region="abdomen")[0], study)
    options = ("--model", "spleen-ct-segmentation", "--runtime", "torch", "--no-surfaces")
    organseg("segment", study, "-o", tmp_path / "out", *options)
    assert "spleen" in json.dumps(json.loads((tmp_path / "out" / "labels.json").read_text()))
    organseg("models", "remove", "spleen-ct-segmentation")


def test_the_card_says_how_it_sees_and_whom_to_cite(tmp_path: Path) -> None:
    home = make_bundle(tmp_path / "bundle")
    tiled, whole = (
        (import_models([home], Choice(name, whole=name == "whole")).folder / CARD).read_text()
        for name in ("tiled", "whole")
    )
    assert "Wasserthal" in tiled
    assert "in tiles, as in MONAI" in tiled
    assert "whole body at once" in whole
    assert load_model("whole").plan.field_of_view == "whole"
