"""The one family of errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from OrganSegLib import errors
from OrganSegLib.errors import (
    Cancelled,
    InputError,
    OrganSegError,
    ResourceError,
    from_dict,
    is_out_of_memory,
    named,
    whereabouts,
)


@pytest.mark.parametrize("family", errors.FAMILIES)
def test_an_error_survives_the_process_border(family: str) -> None:
    kind = errors.FAMILIES[family]
    error = kind(f"{family}.detail", "It failed.", "Try again.")
    again = from_dict(error.to_dict())
    assert type(again) is kind
    assert again.to_dict() == error.to_dict()
    assert str(again) == "It failed. Try again."


def test_exit_codes_tell_the_families_apart() -> None:
    codes = [kind.exit_code for kind in (OrganSegError, Cancelled, *errors.FAMILIES.values())]
    assert len(set(codes)) == len(codes)
    assert 0 not in codes


def test_a_cancelled_run_stays_cancelled() -> None:
    again = from_dict(Cancelled().to_dict())
    assert isinstance(again, Cancelled)
    assert again.code == "cancelled"


def test_a_code_of_an_unknown_family_is_kept() -> None:
    again = from_dict({"code": "future.thing", "sentence": "Something new."})
    assert type(again) is OrganSegError
    assert (again.code, again.next_step, str(again)) == ("future.thing", "", "Something new.")


def test_named_keeps_what_has_a_name() -> None:
    error = InputError("input.not_ct", "This is not a CT.")
    assert named(error) is error
    assert isinstance(named(KeyboardInterrupt()), Cancelled)
    memory = named(MemoryError())
    assert isinstance(memory, ResourceError)
    assert memory.code == "resource.memory"


def test_named_hides_the_text_of_what_has_none() -> None:
    shown = named(ValueError("Doe^Jane"))
    assert shown.code == "internal"
    assert "ValueError" in str(shown)
    assert "Doe" not in str(shown.to_dict())


def test_a_log_says_where_and_not_what() -> None:
    name = "Doe^Jane"  # not in the lines below, which a traceback quotes

    def fail() -> None:
        try:
            raise FileNotFoundError(f"/home/jane/{name}.dcm")
        except FileNotFoundError as error:
            raise ValueError(name) from error

    with pytest.raises(ValueError, match="Doe") as caught:
        fail()
    text = whereabouts(caught.value)
    assert name not in text
    assert text.index("ValueError") < text.index("FileNotFoundError")
    assert "in fail" in text


def test_out_of_memory_is_recognised_in_real_errors() -> None:
    with pytest.raises(RuntimeError) as torch_error:
        torch.empty(1 << 50)
    with pytest.raises(MemoryError) as numpy_error:
        np.empty(1 << 50)
    assert is_out_of_memory(torch_error.value)
    assert is_out_of_memory(numpy_error.value)
    assert is_out_of_memory(RuntimeError("Failed to allocate 113541120 bytes of memory"))
    assert is_out_of_memory(RuntimeError("std::bad_alloc"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
