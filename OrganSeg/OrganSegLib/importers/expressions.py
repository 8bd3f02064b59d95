"""The ``$`` expressions of MONAI bundles: none is ever run; a few plain ones are understood.

Bundles are run by MONAI as Python that stands in their configuration. OrganSeg reads what it needs of it:
literals, references, a choice between two. The rest, such as how files are found and a run is started, is not
read at all, but refused where it is more than bundles need.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from ..bounds import LINE, shown
from .refusals import damaged, unsafe, unsupported

REFERENCE = re.compile(r"@(\w+(?:(?:#|::)\w+)*)")
PLACEHOLDER = "reference_"  # stands for a reference, so that the rest is Python
LONGEST = 1000  # characters
CONFIGURATION = "The bundle's configuration"

# What expressions around a network may name: how files are listed, devices chosen and runs started.
MODULES = {"glob", "json", "math", "monai", "numpy", "os", "pathlib", "torch"}
CALLED = {"dict", "float", "int", "len", "list", "range", "setattr", "sorted", "str", "tuple", "zip"}
DOTTED = {
    "glob.glob",
    "monai.utils.set_determinism",
    "numpy.float32",
    "os.path.basename",
    "os.path.join",
    "torch.backends.cudnn",
    "torch.cuda.is_available",
    "torch.device",
}
METHODS = {"run", "to"}  # of what a reference stands for
SHAPES = (  # of Python, besides names
    *(ast.Expression, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Subscript, ast.Slice),
    *(ast.IfExp, ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop, ast.BinOp),
    *(ast.operator, ast.Call, ast.keyword, ast.ListComp, ast.comprehension, ast.expr_context),
)


def evaluated(text: str, value_of: Callable[[str], Any]) -> Any:
    """The value of an expression of literals, references, ``+``, ``not`` and ``a if b else c``.

    Args:
        text: begins with ``$``.
        value_of: gives the value of a reference, by its id without ``@``.

    Raises:
        ModelError: ``model.import_unsupported`` for any other expression.
    """
    tree, references = _parsed(text)

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=constant) if constant is None or isinstance(constant, str | int | float):
                return constant
            case ast.Name(id=name) if name in references:
                return value_of(references[name])
            case ast.List(elts=entries) | ast.Tuple(elts=entries):
                return [value(entry) for entry in entries]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.IfExp(test=test, body=body, orelse=other):
                return value(body if value(test) else other)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return _joined(value(left), value(right))
        raise unsupported(f"it needs the value of {text!r}, which is code, and OrganSeg runs no model's code")

    return value(tree.body)


def vet(text: str) -> None:
    """Refuse an expression that names more than bundles need around a network; it is never run either way.

    Raises:
        ModelError: ``model.import_unsafe`` with the name in question, ``model.import_damaged``.
    """
    if re.fullmatch(r"\$import (\w+)( as \w+)?", text) and text.split()[1] in MODULES:
        return
    tree, references = _parsed(text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    known = {*references, *CALLED, *(name.id for name in names if isinstance(name.ctx, ast.Store))}
    judged: set[ast.AST] = set()  # parts of dotted names, which were looked at as a whole
    for node in ast.walk(tree):  # the outer ones first
        if isinstance(node, ast.Attribute) and _dotted(node) in DOTTED:
            judged.update(ast.walk(node))
        if isinstance(node, ast.Attribute):
            fine = node.attr in METHODS
        else:
            fine = node.id in known if isinstance(node, ast.Name) else isinstance(node, SHAPES)
        if not fine and node not in judged:
            name = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
            raise unsafe(CONFIGURATION, f"it wants to run {shown(name)!r} in {shown(text)!r}")


def _parsed(text: str) -> tuple[ast.Expression, dict[str, str]]:
    """The expression with names in place of its references, and what these stand for."""
    references: dict[str, str] = {}

    def placed(found: re.Match[str]) -> str:
        name = f"{PLACEHOLDER}{len(references)}"
        references[name] = found[1]
        return name

    if len(text) > LONGEST:
        raise damaged(CONFIGURATION, f"it has an expression of {len(text)} characters")
    try:
        tree = ast.parse(REFERENCE.sub(placed, text[1:].strip()), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise unsafe(CONFIGURATION, f"{text!r} is no expression that OrganSeg knows") from error
    return tree, references


def _joined(left: Any, right: Any) -> str:
    if not (isinstance(left, str) and isinstance(right, str)) or len(left) + len(right) > LINE:
        raise damaged(CONFIGURATION, f"{left!r} and {right!r} are not two short texts")
    return left + right


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of an attribute of a name; empty for one of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    outer = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{outer}.{node.attr}" if outer and isinstance(node, ast.Attribute) else ""
