"""The extension's CMake lists, configured against a stub of Slicer that records what its macros are told."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "OrganSeg"
LIBRARY = "lib/Slicer-5.10/qt-scripted-modules"
CONFIG = f"""
set(Slicer_USE_FILE ${{CMAKE_CURRENT_LIST_DIR}}/UseSlicer.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${{CMAKE_CURRENT_LIST_DIR}}/generate_config.cmake)
set(Slicer_EXTENSION_CPACK ${{CMAKE_CURRENT_LIST_DIR}}/cpack.cmake)
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR {LIBRARY})
set(BUILD_TESTING ON)
"""
USE = """
macro(slicerMacroBuildScriptedModule)
  file(APPEND ${CMAKE_BINARY_DIR}/calls.txt "module;${ARGN}\n")
endmacro()
macro(slicer_add_python_unittest)
  file(APPEND ${CMAKE_BINARY_DIR}/calls.txt "unittest;${ARGN}\n")
endmacro()
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configured build tree, with ``calls.txt`` in it."""
    if not shutil.which("cmake"):
        pytest.skip("cmake is not installed")
    slicer, build = tmp_path_factory.mktemp("slicer"), tmp_path_factory.mktemp("build")
    (slicer / "SlicerConfig.cmake").write_text(CONFIG)
    (slicer / "UseSlicer.cmake").write_text(USE)
    for name in ("generate_config", "cpack"):
        record = f'file(APPEND ${{CMAKE_BINARY_DIR}}/calls.txt "{name};${{EXTENSION_DEPENDS}}\\n")'
        (slicer / f"{name}.cmake").write_text(record)
    command = ["cmake", f"-DSlicer_DIR={slicer}", "-S", str(ROOT), "-B", str(build)]
    # Slicer's projects name no language; nothing is compiled here, so no compiler is needed.
    command += ["-DCMAKE_C_COMPILER_FORCED=ON", "-DCMAKE_CXX_COMPILER_FORCED=ON"]
    configured = subprocess.run(command, capture_output=True, text=True)
    assert configured.returncode == 0, configured.stderr
    return build


@pytest.fixture(scope="module")
def calls(build: Path) -> list[list[str]]:
    return [line.split(";") for line in (build / "calls.txt").read_text().splitlines()]


@pytest.fixture(scope="module")
def module(calls: list[list[str]]) -> dict[str, list[str]]:
    """The arguments of the one scripted module, by keyword."""
    (call,) = [call for call in calls if call[0] == "module"]
    arguments: dict[str, list[str]] = {}
    for word in call[1:]:
        if word.isupper():
            arguments[word] = values = []
        else:
            values.append(word)
    return arguments


def _tree(folder: Path, suffix: str = "") -> set[str]:
    """Files as git would see them: nothing that Python left behind."""
    files = [path for path in folder.rglob(f"*{suffix}") if path.is_file()]
    return {path.relative_to(MODULE).as_posix() for path in files if "__pycache__" not in path.parts}


def test_every_script_is_installed(module: dict[str, list[str]]) -> None:
    assert module["NAME"] == ["OrganSeg"]
    assert sorted(module["SCRIPTS"]) == sorted(_tree(MODULE, ".py"))


def test_every_resource_is_installed(module: dict[str, list[str]]) -> None:
    library = _tree(MODULE / "OrganSegLib") - _tree(MODULE / "OrganSegLib", ".py")
    assert sorted(module["RESOURCES"]) == sorted(library | _tree(MODULE / "Resources"))


def test_slicer_tests_the_module(calls: list[list[str]], module: dict[str, list[str]]) -> None:
    assert "WITH_GENERIC_TESTS" in module
    assert ["unittest", "SCRIPT", "OrganSeg.py"] in calls


def test_the_extension_is_packed_with_its_dependency(calls: list[list[str]]) -> None:
    assert calls[-2:] == [["generate_config", "PyTorch"], ["cpack", "PyTorch"]]


def test_the_catalogue_s_pictures_are_there() -> None:
    line = re.search(r'EXTENSION_SCREENSHOTURLS "(.*)"', (ROOT / "CMakeLists.txt").read_text())
    assert line
    for url in line[1].split():
        assert (ROOT / url.split("/main/")[1]).is_file()


def test_organs_and_models_lie_beside_the_module(build: Path) -> None:
    carried = build / LIBRARY / "Resources"
    organs = json.loads((carried / "organs.json").read_text(encoding="utf-8"))
    assert organs == json.loads((ROOT / "Resources" / "organs.json").read_text(encoding="utf-8"))
    for model in (ROOT / "Resources").glob("Models/*"):
        assert (carried / "Models" / model.name / "plan.json").is_file()


def test_the_panel_s_requirements_are_those_of_the_library() -> None:
    """Each lower bound that Slicer installs is the one that the wheel asks for."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    files = (MODULE / "Resources" / "Requirements").glob("*.txt")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in lines if re.match(r"\w", line)]
    wanted = [line.partition("#")[0].strip() for line in wanted]
    assert wanted
    assert [line for line in wanted if f'"{line}"' not in project] == []
