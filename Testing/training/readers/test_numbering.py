"""Published numberings in OrganSeg's names."""

from __future__ import annotations

import numpy as np
import pytest
from organseg_training.classes import Classes
from organseg_training.errors import ConfigError
from organseg_training.readers.numbering import numbering
from organseg_training.readers.values import LabelValues


def test_numberings_agree_on_organs(tmp_path):
    (tmp_path / "names.json").write_text(
        '{"1": "spleen", "10": "lung_upper_lobe_left", "26": "vertebrae_S1", "63": "inferior_vena_cava", '
        '"64": "portal_vein_and_splenic_vein", "90": "brain"}'
    )
    v2 = numbering("v2", tmp_path / "names.json")
    assert v2 == {
        1: "spleen",
        10: "lung_left",
        26: "spine",
        63: "inferior_vena_cava",
        64: "portal_vein",
        90: "brain",
    }
    assert sorted(numbering("v1")) == list(range(1, 105))
    assert numbering("v1")[8] == "inferior_vena_cava"
    for wrong in ("v2", "v3"):
        with pytest.raises(ConfigError, match=wrong):
            numbering(wrong)


def test_structures_that_are_no_class_are_background():
    values = LabelValues.published(numbering("v1"), Classes(("spleen", "aorta"), tissues=("vein",)))
    assert values.translated(np.array([0, 1, 7, 5, 53]), "file").tolist() == [0, 1, 2, 0, 3]
    assert values.known == ("spleen", "aorta", "vein")
