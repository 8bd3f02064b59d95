"""Expressions of bundles: a few are understood, the usual ones ignored, all others refused by name."""

from __future__ import annotations

import pytest
from OrganSegLib.errors import ModelError
from OrganSegLib.importers.expressions import evaluated, vet

VALUES = {"root": ".", "name": "model.pt", "shown#high": False, "spacing": [1.5, 1.5, 2.0], "size": 96}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$@root + '/models/' + @name", "./models/model.pt"),
        ("$[1.5, 1.5] if @shown#high else [3.0, -3]", [3.0, -3]),
        ("$'a' if not @shown::high else 'b'", "a"),
        ("$@spacing", [1.5, 1.5, 2.0]),
        ("$(@size, @size, 16)", [96, 96, 16]),
        ("$None", None),
    ],
)
def test_plain_expressions_have_values(text: str, value: object) -> None:
    assert evaluated(text, lambda place: VALUES[place.replace("::", "#")]) == value


@pytest.mark.parametrize(
    "text",
    [
        "$__import__('os').system('touch x')",
        "$torch.device('cpu')",
        "$@size * 1000000000",
        "$'x' * 99999999999",
        "$9 ** 9 ** 9",
        "$[x for x in @spacing]",
        "$@spacing[0]",
        "$lambda: 1",
        "$f'{@root}'",
        "$b'bytes'",
    ],
)
def test_no_other_expression_has_a_value(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        evaluated(text, VALUES.__getitem__)
    assert caught.value.code == "model.import_unsupported"


@pytest.mark.parametrize(
    "text",
    [
        "$import glob",
        "$import numpy as np",
        "$@output + '/eval'",
        "$numpy.float32",
        "$list(sorted(glob.glob(@dataset_dir + '/imagesTs/*.nii.gz')))",
        "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "$[1.5, 1.5, 1.5] if @displayable_configs#highres else [3.0, 3.0, 3.0]",
        "$@network_def.to(@device)",
        "$[{'image': i} for i in @datalist]",
        "$setattr(torch.backends.cudnn, 'benchmark', True)",
        "$monai.utils.set_determinism(seed=123)",
        "$@checkpointloader(@evaluator) if @load_pretrain else None",
        "$@evaluator.run()",
    ],
)
def test_what_monais_bundles_say_around_a_network_is_harmless(text: str) -> None:
    vet(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("$__import__('os').system('touch x')", "__import__('os').system"),
        ("$@evaluator.run(__import__('os'))", "__import__"),
        ("$eval('1')", "eval"),
        ("$open('/etc/passwd').read()", "read"),
        ("$os.system('x')", "os.system"),
        ("$torch.load('x')", "torch.load"),
        ("$torch.cuda.is_available.__globals__", "__globals__"),
        ("$().__class__.__bases__", "__bases__"),
        ("$getattr(@a, 'x')", "getattr"),
        ("$(lambda: 1)()", "lambda"),
        ("$f'{@a}'", "f'"),
        ("$[eval for eval in [1]] + [exec]", "exec"),
        ("$(x := 1)", "x"),
        ("$import subprocess", "import subprocess"),
        ("$import os; os.system('x')", "os.system"),
        ("$1\n2", "no expression"),
        ("$" + "(" * 100, "no expression"),
        ("$\0", "no expression"),
    ],
)
def test_anything_else_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(ModelError) as caught:
        vet(text)
    assert caught.value.code == "model.import_unsafe"
    assert named in caught.value.sentence


@pytest.mark.parametrize("text", ["$@long + @long", "$1 + 'x'", f"${'x' * 2000!r}"])
def test_long_values_and_sums_of_other_things_are_refused(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        evaluated(text, {"long": "x" * 1500}.__getitem__)
    assert caught.value.code == "model.import_damaged"
