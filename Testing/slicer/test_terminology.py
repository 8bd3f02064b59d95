"""Every organ of the catalogue in Slicer's own terminology logic."""

from __future__ import annotations

from typing import Any

import pytest
from OrganSegLib.label_files import terminology_entry
from OrganSegLib.organs import Code, catalogue


def _told(coded: Any) -> Code | None:
    value = coded.GetCodeValue()
    return Code(value, coded.GetCodeMeaning(), coded.GetCodingSchemeDesignator()) if value else None


@pytest.mark.parametrize("name", catalogue())
def test_slicer_reads_what_is_written(slicer: Any, name: str) -> None:
    organ, logic = catalogue()[name], slicer.modules.terminologies.logic()
    entry = slicer.vtkSlicerTerminologyEntry()
    assert logic.DeserializeTerminologyEntry(terminology_entry(organ), entry)
    assert logic.SerializeTerminologyEntry(entry) == terminology_entry(organ)
    assert _told(entry.GetCategoryObject()) == organ.category
    assert _told(entry.GetTypeObject()) == organ.code
    assert _told(entry.GetTypeModifierObject()) == organ.modifier
    assert _told(entry.GetRegionObject()) == organ.region
    assert _told(entry.GetRegionModifierObject()) == organ.region_modifier
