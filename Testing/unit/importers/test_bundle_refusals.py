"""Bundles that are damaged, hostile or not for OrganSeg: refused by name, no code run, nothing left."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import Choice

from Testing.unit.importers.bundles import BTCV, SPLEEN, WHOLE_BODY, Changes, make_bundle
from Testing.unit.importers.odd import changed, entries

pytestmark = pytest.mark.usefixtures("places")

Refuse = Callable[..., ModelError]
STEPS = ("preprocessing", "transforms")


def spleen(folder: Path, *ways: tuple[tuple[str | int, ...], Any]) -> Path:
    """A small bundle, changed."""
    return make_bundle(folder / "bundle", SPLEEN, changes=Changes(dict(ways)))


def test_code_is_refused_wherever_it_stands(refused: Refuse, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    code = f"$__import__('os').system('touch {trap}')"
    home = spleen(tmp_path)
    for name in ("inference.json", "metadata.json"):
        path = home / "configs" / name
        facts = json.loads(path.read_text())
        for place in entries(facts):
            path.write_text(json.dumps(changed(facts, place, code)))
            unsafe = place[-1] != "_target_"
            error = refused(home, "model.import_unsafe" if unsafe else "model.import_unsupported")
            assert "__import__" in error.sentence
        path.write_text(json.dumps(facts))
    assert not trap.exists()


@pytest.mark.parametrize(
    "target",
    [
        *("os.system", "evil.SegResNet", "monai.networks.nets.DynUNet", "builtins.eval", "subprocess.Popen"),
        *(
            "../SegResNet",
            "monai.transforms.compose:Compose",
            "monai..SegResNet",
            "OrganSegLib.UNet",
            "Lambdad",
        ),
        *("$UNet", "@network", "", 7, None, ["UNet"]),
    ],
)
@pytest.mark.parametrize("place", [("network_def",), (*STEPS, 1), ("inferer",), ("handlers", 0)])
def test_unknown_classes_are_refused_by_name(
    target: object, place: tuple[str | int, ...], refused: Refuse, tmp_path: Path
) -> None:
    home = spleen(tmp_path, ((*place, "_target_"), target))
    error = refused(home, "model.import_unsupported")
    assert str(target)[:20] in error.sentence


@pytest.mark.parametrize(
    ("way", "value", "words"),
    [
        ((*STEPS, 6), {"_target_": "RandFlipd", "keys": "image"}, "RandFlipd"),
        ((*STEPS, 2), {"_target_": "ToTensord", "keys": "image"}, "Orientationd"),
        ((*STEPS, 3), {"_target_": "ToTensord", "keys": "image"}, "Spacingd"),
        ((*STEPS, 3, "mode"), "nearest", "mode"),
        ((*STEPS, 3, "align_corners"), True, "align_corners"),
        ((*STEPS, 3, "scale_extent"), True, "scale_extent"),
        ((*STEPS, 4), {"_target_": "Spacingd", "keys": "image", "pixdim": [1, 1, 1]}, "Spacingd"),
        ((*STEPS, 4), {"_target_": "NormalizeIntensityd", "keys": "image", "divisor": 5}, "divisor"),
        ((*STEPS, 4), {"_target_": "ScaleIntensityd", "keys": "image", "factor": 5}, "factor"),
        (("inferer", "_target_"), "SimpleInferer", "SimpleInferer"),
        (("inferer", "mode"), "odd", "mode"),
        (("inferer", "padding_mode"), "reflect", "padding_mode"),
        (("inferer", "sigma_scale"), 0.25, "sigma_scale"),
        (("inferer", "roi_size"), [40, 32, 32], "multiples"),
        (("postprocessing", "transforms", 0, "sigmoid"), True, "sigmoid"),
        (("postprocessing", "transforms", 2, "argmax"), False, "argmax"),
        (("postprocessing", "transforms", 2, "threshold"), 0.5, "threshold"),
        (("network_def", "in_channels"), 4, "4 images"),
        (("network_def", "spatial_dims"), 2, "dimensions"),
        (("network_def", "odd"), 1, "odd"),
        (("network",), "$@network_def.to(@device).to(@device)", "code"),
        (("network_def", "_mode_"), "callable", "_mode_"),
        (("image_key",), "%metadata.json#name", "%metadata.json"),
        (("network_def#in_channels",), 1, "network_def#in_channels"),
        ((*STEPS, 4, "keys"), "label", "label"),
        ((*STEPS, 4, "keys"), ["image", "label"], "label"),
    ],
)
def test_what_organseg_cannot_do_as_monai_does_is_refused_by_name(
    way: tuple[str | int, ...], value: object, words: str, refused: Refuse, tmp_path: Path
) -> None:
    refused(spleen(tmp_path, (way, value)), "model.import_unsupported", words)


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("inferer", "roi_size"), 10**9),
        (("inferer", "roi_size"), [10**9] * 3),
        (("inferer", "roi_size"), [16, 16]),
        (("inferer", "overlap"), 1 - 1e-12),
        (("inferer", "overlap"), float("nan")),
        (("network_def", "out_channels"), 10**9),
        (("network_def", "out_channels"), -1),
        (("network_def", "channels"), [10**9] * 5),
        (("network_def", "channels"), [4096] * 5),
        (("network_def", "channels"), [4] * 10**5),
        (("network_def", "strides"), [2]),
        (("network_def", "num_res_units"), 10**9),
        ((*STEPS, 3, "pixdim"), [0, 0, 0]),
        ((*STEPS, 3, "pixdim"), [1e-9, 1, 1]),
        ((*STEPS, 3, "pixdim"), 1e308),
        ((*STEPS, 2, "axcodes"), "XYZ"),
        ((*STEPS, 4, "a_max"), -57),
        ((*STEPS, 4, "a_max"), 1e300),
        (("preprocessing",), []),
        (("inferer",), None),
        (("checkpointloader", "load_path"), f"models/{'x' * 5000}.pt"),
    ],
)
def test_absurd_numbers_are_refused(
    way: tuple[str | int, ...], value: object, refused: Refuse, tmp_path: Path
) -> None:
    refused(spleen(tmp_path, (way, value)), "model.import_damaged")


def doubling(text: str) -> list[tuple[tuple[str], str]]:
    return [((f"a{n}",), text.format(n + 1)) for n in range(60)] + [(("a60",), "x")]


def nested(depth: int) -> Any:
    return reduce(lambda inner, _: [inner], range(depth), [])


@pytest.mark.parametrize(
    "ways",
    [
        [(("network_def",), "@network_def")],
        [(("network_def",), "@a"), (("a",), "@b"), (("b",), "@a")],
        [(("inferer", "overlap"), "@inferer#overlap")],
        [(("inferer", "overlap"), "$@inferer#overlap")],
        [(("a",), "@a#b"), (("inferer", "overlap"), "@a")],
        [(("inferer", "roi_size"), ["@inferer#roi_size"])],
        [(("checkpointloader", "load_path"), "$@a0"), *doubling("$@a{0} + @a{0}")],
        [
            (("inferer", "roi_size"), "@a0"),
            *(((f"a{n}",), [f"@a{n + 1}"] * 9) for n in range(20)),
            (("a20",), 1),
        ],
        [(("inferer", "roi_size"), nested(200))],
        [(("inferer", "overlap"), "@nowhere")],
        [(("inferer", "overlap"), "@dataset#nowhere")],
    ],
)
def test_circles_and_mazes_end(ways: list[Any], refused: Refuse, tmp_path: Path) -> None:
    error = refused(spleen(tmp_path, *ways), "model.import_damaged")
    assert "inference.json" in error.sentence or "configuration" in error.sentence


@pytest.mark.parametrize(
    ("way", "value", "code"),
    [
        (("network_data_format", "inputs", "image", "modality"), "MR", "model.import_unsupported"),
        (("network_data_format", "outputs", "pred", "channel_def", "2"), "liver", "model.import_damaged"),
        (
            ("network_data_format", "outputs", "pred", "channel_def"),
            {"0": "spleen", "1": "x"},
            "model.import_unsupported",
        ),
        (("network_data_format",), {}, "model.import_damaged"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    way: tuple[str, ...], value: object, code: str, refused: Refuse, tmp_path: Path
) -> None:
    refused(make_bundle(tmp_path / "bundle", SPLEEN, changes=Changes(metadata={way: value})), code)


@pytest.mark.parametrize(
    ("choice", "code", "words"),
    [
        (Choice(configuration="lowres"), "model.import_missing", "lowres"),
        (Choice(folds=("0",)), "model.import_unsupported", "folds"),
    ],
)
def test_choices_that_a_bundle_does_not_have_are_refused(
    choice: Choice, code: str, words: str, refused: Refuse, tmp_path: Path
) -> None:
    refused(spleen(tmp_path), code, words, choice=choice)


def test_a_missing_variant_is_named(refused: Refuse, tmp_path: Path) -> None:
    home = make_bundle(tmp_path / "bundle", WHOLE_BODY)
    (home / "models" / "model_lowres.pt").unlink()
    refused(home, "model.import_missing", "model_lowres.pt", choice=Choice(configuration="lowres"))
    refused(home, "model.import_missing", "middle", choice=Choice(configuration="middle"))


def test_a_network_that_needs_tiles_is_not_shown_the_whole_body(refused: Refuse, tmp_path: Path) -> None:
    home = make_bundle(tmp_path / "bundle", BTCV)
    refused(home, "model.import_unsupported", "--whole", choice=Choice(whole=True))


def test_weights_of_an_odd_name_are_missing(refused: Refuse, tmp_path: Path) -> None:
    home = spleen(tmp_path, (("checkpointloader", "load_path"), "models/\0\x1b[31m.pt"))
    refused(home, "model.import_missing", "models/")


@pytest.mark.parametrize("path", ["/etc/model.pt", "../model.pt", "models/../../x.pt", "C:\\model.pt", 7])
def test_weights_outside_of_the_bundle_are_not_read(path: object, refused: Refuse, tmp_path: Path) -> None:
    home = spleen(tmp_path, (("checkpointloader", "load_path"), path))
    refused(home, "model.import_unsafe", "outside")
