"""Model folders as their worst author would make them: refused before they cost or reach anything."""

from __future__ import annotations

import json
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from OrganSegLib.cli.all_commands import app
from OrganSegLib.errors import ModelError, ResourceError
from OrganSegLib.graph import openvino_graph
from OrganSegLib.model import CARD, PLAN, WEIGHTS, card_of, load_model, torch_network
from OrganSegLib.organs import Organ, catalogue
from OrganSegLib.plan import Plan
from OrganSegLib.preprocess import preprocess
from OrganSegLib.sealed import CHECKSUMS, sha256
from OrganSegLib.volume import Grid, Scan
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

Facts = dict[str, Any]
NAMES = ("../liver", "a/b", "a\\b", "C:liver", "", ".", "..", ".hidden", "li\0ver", "li\nver", "\x1b[2Jliver")
NAMES += ("NUL", "com1", "=1+1", "-rf", "@liver", "\ud800", "liver\u202efdp", "a" * 65)


def _sealed(folder: Path) -> Path:
    """With checksums that fit whatever lies there now: a stranger can make these, too."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in (CARD, PLAN, WEIGHTS)]
    (folder / CHECKSUMS).write_text("".join(lines))
    return folder


def _planned(folder: Path, change: Callable[[Facts], object]) -> Path:
    facts = json.loads((folder / PLAN).read_text())
    change(facts)
    (folder / PLAN).write_text(json.dumps(facts))
    return _sealed(folder)


def _refusal(action: Callable[[], object]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        action()
    assert caught.value.next_step
    assert len(caught.value.sentence) < 1000
    assert caught.value.sentence.isprintable()
    return caught.value


@pytest.fixture
def little_memory() -> Any:
    """As a small computer would: what takes more than 4 GB beyond what is taken already cannot be had."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 4 * 2**30, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "1" * 5000, '{"format": 1e999}', "\ufeff{}", "\0", '"\ud800"']
)
def test_odd_json_is_refused(text: str, tiny_model: Path) -> None:
    (tiny_model / PLAN).write_bytes(text.encode("utf-8", "surrogatepass"))
    assert _refusal(lambda: load_model(_sealed(tiny_model))).code == "model.bad_plan"


@pytest.mark.usefixtures("little_memory")
def test_a_plan_of_gigabytes_is_not_read(tiny_model: Path) -> None:
    os.truncate(tiny_model / PLAN, 2**32)
    assert _refusal(lambda: Plan.load(tiny_model / PLAN)).code == "model.bad_plan"


@pytest.mark.parametrize("name", [PLAN, WEIGHTS, CARD, CHECKSUMS])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_only_plain_files_are_read(name: str, kind: str, tiny_model: Path, tmp_path: Path) -> None:
    (tiny_model / name).rename(tmp_path / "elsewhere")
    make = {
        "link": lambda path: path.symlink_to(tmp_path / "elsewhere"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    make[kind](tiny_model / name)
    code = _refusal(lambda: load_model(tiny_model)).code
    assert code in ("model.checksum", "model.no_plan", "model.no_weights")


def test_a_card_commands_no_terminal_and_turns_no_words_around(tiny_model: Path) -> None:
    with (tiny_model / CARD).open("ab") as file:
        file.write("\n\x1b]0;title\x07\x1b[2J\u202eof\ttext\r\n".encode() + b"\xff")
    _sealed(tiny_model)
    card = card_of(load_model(tiny_model))
    assert card.replace("\n", "").isprintable()
    assert "of text" in card
    shown = CliRunner().invoke(app, ["models", "info", str(tiny_model)])
    assert shown.exit_code == 0
    assert "\x1b" not in shown.stdout


def test_a_card_that_nobody_signed_for_is_refused(tiny_model: Path) -> None:
    listed = (tiny_model / CHECKSUMS).read_text().splitlines(keepends=True)
    (tiny_model / CHECKSUMS).write_text("".join(line for line in listed if CARD not in line))
    assert _refusal(lambda: load_model(tiny_model)).code == "model.checksum"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_cannot_lead_out_of_a_folder_or_command_anything(name: str, tiny_model: Path) -> None:
    with pytest.raises(ValueError, match=" is no "):
        Organ.from_dict({**catalogue()["liver"].to_dict(), "name": name})
    folder = _planned(tiny_model, lambda facts: facts["labels"][0].update(name=name))
    assert _refusal(lambda: load_model(folder)).code == "model.bad_plan"
    folder = _planned(
        tiny_model, lambda facts: (facts["labels"][0].update(name="x"), facts.update(name=name))
    )
    assert _refusal(lambda: load_model(folder)).code == "model.bad_plan"


@pytest.mark.parametrize("name", ["Leber", "vertebra L1", "Žíla (portae)", "肝臓", "rib_left_7"])
def test_names_of_any_language_are_names(name: str) -> None:
    assert Organ.from_dict({**catalogue()["liver"].to_dict(), "name": name}).name == name


def test_two_organs_do_not_share_a_file(tiny_model: Path) -> None:
    folder = _planned(tiny_model, lambda facts: facts["labels"][0].update(name="LIVER"))
    assert "liver" in {label["name"] for label in json.loads((folder / PLAN).read_text())["labels"]}
    assert _refusal(lambda: load_model(folder)).code == "model.bad_plan"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("description", "fine\x1b]0;title\x07"),
        ("licence", "CC0\nError: none"),
        ("version", "9" * 10_000),
        ("patch", [1024, 1024, 1024]),
        ("patch", [1e999, 32, 32]),
        ("patch", [10**400, 32, 32]),
        ("spacing_mm", [0.01, 3, 3]),
        ("spacing_mm", [1e999, 3, 3]),
        ("multiple", 1e999),
        ("channels", 10**9),
        ("channels", True),
        ("windows", [{"low": -1e308, "high": 1e308, "centre": 0, "scale": 1}]),
        ("windows", [{"low": -1, "high": 1, "centre": 0, "scale": 1e-300}]),
        ("labels", [[]] * 100),
        ("labels", {"a": 1}),
        ("network", {"name": "os:system", "arguments": {"command": "true"}}),
        ("network", {"name": "../SubpixelUNet", "arguments": {}}),
        ("network", []),
        ("uncertainty", {"liver": 1e999}),
        ("training", 5),
    ],
)
def test_values_are_held_to_what_they_can_be(key: str, value: Any, tiny_model: Path) -> None:
    folder = _planned(tiny_model, lambda facts: facts.update({key: value}))
    error = _refusal(lambda: torch_network(load_model(folder)))
    assert error.code in ("model.bad_plan", "model.unknown_network")


@pytest.mark.parametrize(
    "change",
    [
        {"colour": [256, 0, 0]},
        {"colour": [1e999, 0, 0]},
        {"code": ["1", "a^b"]},
        {"code": ["1", "x" * 65]},
        {"code": [["nested"], "x"]},
        {"volume_ml": [0, 10**400]},
        {"components": 0},
        {"side": "\x07"},
        {"volume_source": "x" * 5000},
    ],
)
def test_so_are_those_of_an_organ(change: Facts, tiny_model: Path) -> None:
    folder = _planned(tiny_model, lambda facts: facts["labels"][0].update(change))
    assert _refusal(lambda: load_model(folder)).code == "model.bad_plan"


@pytest.mark.parametrize(
    "arguments",
    [
        {"filters": [4, 10**9]},
        {"filters": [4] * 1000},
        {"filters": [4096] * 60},
        {"filters": [-4, 8]},
        {"filters": [0, 0]},
        {"filters": "abc"},
        {"filters": [1e999]},
        {"filters": [[[[[[[[[[[[[[4]]]]]]]]]]]]]]},
        {"spatial_dims": 7},
        {"spatial_dims": "3"},
        {"filters": None},
        {"act": "os.system"},
    ],
)
@pytest.mark.parametrize("name", ["SubpixelUNet", "DenseUNet", "UNet", "DynUNet", "VNet"])
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.usefixtures("little_memory")
def test_no_arguments_of_a_network_cost_more_than_its_weights(
    name: str, arguments: Facts, tiny_model: Path
) -> None:
    network = {"name": name, "arguments": {"in_channels": 2, "out_channels": 22, **arguments}}
    folder = _planned(tiny_model, lambda facts: facts.update(network=network))
    error = _refusal(lambda: torch_network(load_model(folder)))
    assert error.code in ("model.bad_plan", "model.bad_weights")


def test_a_wide_network_is_refused_before_its_memory_is_taken(tiny_model: Path) -> None:
    filters = {"filters": [4096, 4096]}
    folder = _planned(tiny_model, lambda facts: facts["network"]["arguments"].update(filters))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _refusal(lambda: torch_network(load_model(folder))).code == "model.bad_weights"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KB; its weights: gigabytes


def test_a_conversion_that_memory_cannot_hold_is_not_begun(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("OrganSegLib.runtimes.free_ram", lambda: 10**6)
    folder = _planned(tiny_model, lambda facts: facts.update(version="1"))  # not the one in the cache
    with pytest.raises(MemoryError):
        openvino_graph(load_model(folder))


def test_voxels_too_many_for_any_computer_are_refused_before_they_are_made(tiny_model: Path) -> None:
    folder = _planned(tiny_model, lambda facts: facts.update(spacing_mm=[0.1, 0.1, 0.1]))
    scan = Scan(np.zeros((300, 8, 8), np.int16), Grid((8, 8, 300), (60.0, 60.0, 5.0), (0.0, 0.0, 0.0)))
    with pytest.raises(ResourceError) as caught:
        preprocess(scan, load_model(folder).plan)
    assert caught.value.code == "resource.memory"


def _header(entries: Facts, size: int | None = None, data: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


F16 = {"dtype": "F16", "shape": [2]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        _header({}, 2**63),
        _header({}, 2**64 - 1),
        _header({}, 200 * 2**20),
        _header({"a": {**F16, "data_offsets": [0, 2**60]}}),
        _header(
            {"a": {**F16, "data_offsets": [0, 4]}, "b": {**F16, "data_offsets": [2, 6]}}, None, b"\0" * 6
        ),
        _header({"a": {**F16, "data_offsets": [4, 0]}}, None, b"\0" * 4),
        _header({"a": {"dtype": "F16", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}, None, b"\0" * 4),
        b"\x80\x04cos\nsystem\n(S'true'\ntR.",  # a pickle
        b"PK\x03\x04" + b"\0" * 100,  # what torch.save makes
    ],
)
def test_weights_that_lie_about_themselves_are_refused(content: bytes, tiny_model: Path) -> None:
    (tiny_model / WEIGHTS).write_bytes(content.ljust(2**20, b" "))
    error = _refusal(lambda: torch_network(load_model(_sealed(tiny_model))))
    assert error.code == "model.bad_weights"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_undefined_weights_are_refused(value: float, tiny_model: Path) -> None:
    weights = load_file(tiny_model / WEIGHTS)
    next(iter(weights.values())).view(-1)[0] = value
    save_file(weights, tiny_model / WEIGHTS)
    error = _refusal(lambda: torch_network(load_model(_sealed(tiny_model))))
    assert error.code == "model.bad_weights"


def test_a_pickle_is_never_opened(tiny_model: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "exploded"),)

    torch.save({"weights": Bomb()}, tiny_model / WEIGHTS)
    assert _refusal(lambda: torch_network(load_model(_sealed(tiny_model)))).code == "model.bad_weights"
    assert not (tmp_path / "exploded").exists()
