"""From nnU-Net's folder to a model that segments: what the plan says, and the commands around it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from OrganSegLib.cli.all_commands import app
from OrganSegLib.errors import Cancelled, ModelError
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.model import CARD, Model, load_model, torch_network
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import make_phantom, write_image
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.plan import NnUNetInput, Window
from OrganSegLib.preprocess import preprocess
from OrganSegLib.progress import Progress
from OrganSegLib.runtime_openvino import OpenVINORuntime
from OrganSegLib.runtime_torch import TorchRuntime
from typer.testing import CliRunner, Result

from Testing.unit.importers.nnunet_models import Recipe, write_model

MM = (12.0, 12.0, 12.0)  # of scans and of networks that segment them


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of imported models."""
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def imported(tmp_path: Path, recipe: Recipe, choice: Choice = Choice()) -> Model:
    return import_models([write_model(tmp_path / "foreign", recipe)], choice)


def organseg(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])


def test_the_plan_says_what_nnu_nets_files_say(tmp_path: Path, models: Path) -> None:
    model = imported(tmp_path, Recipe(spacing=(3.0, 1.5, 1.0), patch=(16, 24, 32)))
    plan = model.plan
    assert (model.folder, plan.name) == (models / "organs", "organs")
    assert (plan.spacing_mm, plan.patch, plan.multiples) == ((1.0, 1.5, 3.0), (32, 24, 16), (1, 1, 1))
    assert plan.windows == (Window(-950, 800, 10, 300),)
    assert plan.nnunet == NnUNetInput("RAS")
    assert (plan.field_of_view, plan.tidy, plan.channels, plan.licence) == ("patch", False, 4, "not stated")
    assert plan.training["imported"][0]["folds"] == ["0"]


def test_labels_become_organs(tmp_path: Path) -> None:
    labels = {"background": 0, "Liver": 1, "Left Kidney": 2, "label_1": 3, "../evil": 4, "evil": 5, "aux": 6}
    model = imported(tmp_path, Recipe(labels={**labels, "ignore": 7}))
    organs = list(model.plan.organs.values())
    names = ["liver", "kidney_left", "label_1", "evil", "evil_5", "label_6"]
    assert [organ.name for organ in organs] == names
    assert organs[:2] == [catalogue()["liver"], catalogue()["kidney_left"]]
    assert len({organ.colour for organ in organs}) == len(organs)


def test_weights_are_kept_as_they_are(tmp_path: Path) -> None:
    home = write_model(tmp_path, Recipe())
    stored = torch.load(home / "fold_0" / "checkpoint_final.pth", weights_only=False)["network_weights"]
    ours = torch_network(import_models([home])).state_dict()
    assert torch.equal(ours["down.1.0.conv.weight"], stored["encoder.stages.1.0.convs.0.conv.weight"])
    assert torch.equal(ours["up.0.1.adn.N.bias"], stored["decoder.stages.0.convs.1.norm.bias"])
    assert torch.equal(ours["head.weight"], stored["decoder.seg_layers.1.weight"])


def test_old_plans_give_the_same_model(tmp_path: Path) -> None:
    new = imported(tmp_path / "new", Recipe(filters=(4, 8, 8)), Choice("new"))
    old = imported(tmp_path / "old", Recipe(filters=(4, 8, 8), legacy=True), Choice("old"))
    assert replace(old.plan, name="new") == new.plan
    assert _weights_equal(new, old)


def test_nnu_nets_order_of_axes_is_undone(tmp_path: Path) -> None:
    """A network along (x, z, y) is the one along (z, y, x) with kernels, strides and patch put in order."""
    recipe = Recipe(
        patch=(12, 16, 24),
        spacing=(3.0, 1.0, 2.0),
        kernels=((1, 3, 3), (3, 3, 3), (3, 3, 3)),
        strides=((1, 1, 1), (1, 2, 2), (2, 2, 2)),
        transpose=(2, 0, 1),
    )
    plan = imported(tmp_path, recipe).plan
    assert (plan.patch, plan.spacing_mm) == ((12, 24, 16), (3.0, 2.0, 1.0))
    assert plan.network["arguments"]["kernels"][0] == [3, 3, 1]
    assert plan.network["arguments"]["strides"][1] == [2, 2, 1]


def test_folds_are_averaged(tmp_path: Path) -> None:
    home = write_model(tmp_path, Recipe(folds=("0", "1", "all")))
    both, first, second = (
        torch_network(import_models([home], Choice(f"m{n}", folds=folds)))
        for n, folds in enumerate((None, ("0",), ("1",)))
    )
    seen = torch.randn(1, 1, 16, 16, 16)
    with torch.inference_mode():
        assert torch.allclose(both(seen), (first(seen) + second(seen)) / 2, atol=1e-5)
        assert not torch.allclose(first(seen), second(seen), atol=1e-2)


def test_all_is_taken_where_there_is_no_numbered_fold(tmp_path: Path) -> None:
    model = imported(tmp_path, Recipe(folds=("all",)))
    assert model.plan.training["imported"][0]["folds"] == ["all"]


def test_several_networks_become_one_with_all_organs(tmp_path: Path) -> None:
    recipes = [
        Recipe(dataset="Dataset291_part1", labels={"background": 0, "liver": 1, "spleen": 2}),
        Recipe(dataset="Dataset292_part2", labels={"background": 0, "aorta": 1}, folds=("0", "1"), seed=5),
    ]
    homes = [write_model(tmp_path, recipe) for recipe in recipes]
    joint = import_models(homes, Choice("total"))
    alone = [import_models([home]) for home in homes]
    assert [organ.name for organ in joint.plan.organs.values()] == ["liver", "spleen", "aorta"]
    seen = torch.randn(1, 2, 16, 16, 16)
    with torch.inference_mode():
        logits = torch_network(joint)(seen)
        parts = [torch_network(model)(seen[:, n : n + 1]) for n, model in enumerate(alone)]
    leads = [part[:, 1:] - part[:, :1] for part in parts]
    assert torch.allclose(logits, torch.cat([torch.zeros(1, 1, 16, 16, 16), *leads], 1), atol=1e-5)


def test_networks_that_see_scans_differently_are_not_joined(tmp_path: Path) -> None:
    homes = [write_model(tmp_path, Recipe(dataset=f"D{mm}", spacing=(float(mm),) * 3)) for mm in (2, 3)]
    result = organseg("models", "import", *homes)
    assert result.exit_code == 4
    assert "Error [model.import_unsupported]" in result.stderr
    assert "spacing_mm" in result.stderr


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(spacing=MM, residual=True, blocks=(1, 2, 2), decoder_blocks=(1, 1)),
        Recipe(spacing=MM, scheme="ZScoreNormalization", masked=True),
        Recipe(spacing=MM, folds=("0", "1"), kernels=((1, 3, 3), (3, 3, 3), (3, 3, 3))),
        Recipe(patch=(32, 24), spacing=MM[:2], kernels=((3, 3),) * 3, strides=((1, 1), (2, 2), (2, 2))),
    ],
    ids=["residual", "z-score", "folds", "2D"],
)
@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_imported_models_segment(recipe: Recipe, runtime: str, tmp_path: Path) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    model = imported(tmp_path, recipe)
    scan, _ = make_phantom(seed=2, spacing_mm=MM, region="abdomen")
    found = segment(scan, model, Options(runtime=runtime, surfaces=False)).labelmap
    assert found.grid == scan.grid
    assert len(np.unique(found.voxels)) > 1


def test_the_commands_go_through_a_models_life(tmp_path: Path, models: Path) -> None:
    home = write_model(tmp_path / "foreign", Recipe(spacing=MM))
    archive = shutil.make_archive(str(tmp_path / "foreign"), "zip", tmp_path / "foreign")
    assert organseg("models", "import", archive, "--name", "abdomen").exit_code == 0
    assert "abdomen" in organseg("models").stdout
    assert "Dataset123_Organs" in organseg("models", "info", "abdomen").stdout
    assert organseg("models", "verify", "abdomen").exit_code == 0

    study = tmp_path / "ct.nii.gz"
    write_image(make_phantom(seed=2, spacing_mm=MM, region="abdomen")[0], study)
    options = ("--model", "abdomen", "--runtime", "torch", "--no-surfaces")
    result = organseg("segment", study, "-o", tmp_path / "out", *options)
    assert result.exit_code == 0, result.output
    labels = json.loads((tmp_path / "out" / "labels.json").read_text())
    assert "tumour_lesion" in json.dumps(labels)

    again = organseg("models", "import", home, "--name", "abdomen")
    assert "Error [model.exists]" in again.stderr
    assert organseg("models", "remove", "abdomen").exit_code == 0
    assert list(models.iterdir()) == []
    assert "Error [model.not_found]" in organseg("models", "remove", "abdomen").stderr
    assert "Error [model.shipped]" in organseg("models", "remove", "organseg-ct-3mm").stderr


def test_a_model_without_a_plan_can_be_removed(models: Path) -> None:
    (models / "rest").mkdir(parents=True)
    assert "holds no readable plan.json" in organseg("models").stdout
    assert organseg("models", "remove", "rest").exit_code == 0
    assert not (models / "rest").exists()


def test_a_damaged_model_is_told_and_can_be_removed(tmp_path: Path) -> None:
    model = imported(tmp_path, Recipe())
    with (model.folder / "weights.safetensors").open("ab") as file:
        file.write(b" ")
    assert "Error [model.checksum]" in organseg("models", "verify", "organs").stderr
    listed = organseg("models")
    assert listed.exit_code == 0
    assert "organseg-ct-3mm" in listed.stdout
    assert "is damaged or was changed" in listed.stdout
    assert organseg("models", "remove", "organs").exit_code == 0


def test_the_whole_body_at_once_if_the_user_says_so(tmp_path: Path) -> None:
    model = imported(tmp_path, Recipe(), Choice(whole=True, orientation="LPS"))
    assert load_model("organs").plan.field_of_view == "whole"
    card = (model.folder / CARD).read_text()
    assert "Images count as LPS" in card
    assert "whole body at once" in card


@pytest.mark.parametrize("residual", [False, True])
def test_at_once_no_voxels_are_added_and_both_runtimes_agree(residual: bool, tmp_path: Path) -> None:
    model = imported(tmp_path, Recipe(residual=residual, spacing=(4.0, 4.0, 4.0)), Choice(whole=True))
    scan, _ = make_phantom(seed=2, spacing_mm=(5.0, 5.0, 5.0))
    seen = preprocess(scan, model.plan)
    assert seen.voxels.shape[1:] == seen.grid.shape
    assert any(n % 4 for n in seen.grid.shape)
    noise = np.random.default_rng(0).standard_normal((1, 1, 31, 42, 37)).astype(np.float32)
    by_openvino, by_torch = OpenVINORuntime(model, "fp32").run(noise), TorchRuntime(model, "cpu").run(noise)
    np.testing.assert_allclose(by_openvino, by_torch, atol=1e-3)


def test_a_reader_that_reorients_tells_the_orientation(tmp_path: Path) -> None:
    model = imported(tmp_path, Recipe(reader="NibabelIOWithReorient"), Choice(orientation="LPS"))
    assert model.plan.nnunet == NnUNetInput("RAS")


@pytest.mark.parametrize("part", ["total_3mm", "part2_vertebrae"])
def test_totalsegmentators_weights_get_scans_and_tiles_as_it_makes_them(part: str, tmp_path: Path) -> None:
    model = imported(tmp_path, Recipe(dataset=f"Dataset297_TotalSegmentator_{part}_1559subj"))
    assert model.plan.nnunet == NnUNetInput("RAS", step=0.8, shrunk=True)
    assert load_model(model.folder).plan == model.plan


@pytest.mark.parametrize("name", ["../up", "a b", ".hidden", "x" * 65, "con", "nul.txt"])
def test_names_that_are_no_folders_are_refused(name: str, tmp_path: Path) -> None:
    result = organseg("models", "import", write_model(tmp_path), "--name", name)
    assert "Error [model.bad_name]" in result.stderr


def _weights_equal(one: Model, other: Model) -> bool:
    theirs = torch_network(other).state_dict()
    return all(torch.equal(weight, theirs[name]) for name, weight in torch_network(one).state_dict().items())


def test_an_import_that_was_overtaken_replaces_nothing(tmp_path: Path) -> None:
    slow, quick = (write_model(tmp_path / str(seed), Recipe(seed=seed)) for seed in (1, 2))

    def overtake(stage: str, done: float) -> None:  # noqa: ARG001
        if stage == "Storing the model":
            import_models([quick], Choice("same"))

    with pytest.raises(ModelError) as caught:
        import_models([slow], Choice("same"), Progress(overtake))
    assert caught.value.code == "model.exists"
    assert _weights_equal(load_model("same"), import_models([quick], Choice("other")))


def test_progress_names_what_is_unpacked_read_and_stored(tmp_path: Path) -> None:
    homes = [write_model(tmp_path / str(n), Recipe()) for n in (1, 2)]
    zips = [
        Path(shutil.make_archive(str(tmp_path / f"part{n}"), "zip", home)) for n, home in enumerate(homes)
    ]
    told: list[tuple[str, float]] = []
    import_models(zips, progress=Progress(lambda stage, done: told.append((stage, done))))
    assert [stage for stage, _ in told] == [
        "Unpacking part0.zip", "Unpacking part1.zip", "Reading part0", "Reading part1", "Storing the model",
    ]  # fmt: skip
    assert [done for _, done in told] == sorted(done for _, done in told)


def test_a_cancelled_import_leaves_nothing(tmp_path: Path, models: Path) -> None:
    with pytest.raises(Cancelled):
        import_models([write_model(tmp_path, Recipe())], progress=Progress(cancelled=lambda: True))
    assert not models.exists() or list(models.iterdir()) == []
