"""The registry of further formats: what each is called, writes and needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from OrganSegLib.errors import OutputError
from OrganSegLib.export import RESULTS, add_formats
from OrganSegLib.formats import FORMATS, Choices, Format, check_available, tell
from OrganSegLib.pipeline import Segmentation

from Testing.unit.shapes import two_organs


def _refusal(names: list[str]) -> OutputError:
    with pytest.raises(OutputError) as caught:
        check_available(names)
    return caught.value


def test_no_two_formats_write_the_same_file() -> None:
    files = [file for one in FORMATS.values() for file in one.files]
    assert len({*files, *RESULTS}) == len(files) + len(RESULTS)
    assert not {*files, *RESULTS} & {file for one in FORMATS.values() for file in one.shared}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "uncertainty"])  # of a run only
@pytest.mark.filterwarnings("ignore")
def test_each_writes_the_files_that_it_announces(name: str, tmp_path: Path) -> None:
    found = Segmentation.of(*two_organs(), run={"model": "tiny", "notes": []})
    written = add_formats(tmp_path, found, [name], choices=Choices())
    assert written
    assert all(path.exists() for path in written.values())
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == written.keys()
    assert written.keys() <= {*FORMATS[name].files, *FORMATS[name].shared}


def test_an_unknown_format_is_named_with_the_nearest() -> None:
    error = _refusal(["ct", "dicomseg"])
    assert (error.code, error.next_step) == ("output.unknown_format", "Did you mean dicom-seg?")
    assert "'dicomseg'" in error.sentence
    assert all(name in _refusal(["xyz"]).next_step for name in FORMATS)


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    needy = Format("A plan of gold", ("gold",), "ct_files", ("numpy", "no_such_package"))
    monkeypatch.setitem(FORMATS, "gold", needy)
    error = _refusal(["gold"])
    assert error.code == "output.missing_package"
    assert error.sentence.startswith("A plan of gold cannot be written: ")
    assert error.next_step == "Install it: python -m pip install no_such_package"


def test_a_note_is_told_once() -> None:
    found = Segmentation.of(*two_organs(), surfaces={})
    for _ in range(2):
        tell(found, "output.gold", "There is gold.")
    assert found.run["notes"] == [{"code": "output.gold", "sentence": "There is gold."}]
