"""The page as HTML: what it shows, the scripts that draw it, and a policy that lets it load nothing else."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from numpy.typing import NDArray

from ..errors import OutputError
from ..picture import BACKGROUND, QUIET, TEXT
from ..quality import CHECKED, NO_DOUBTS
from ..render import LUNG_OPACITY
from ..tables import NOTICE
from .content import Content, ShownOrgan
from .meshes import Lattice, PackedMesh, reduced

# Inline scripts run by their hashes. Vue compiles its templates in the browser, hence 'unsafe-eval'; vtk.js
# and the sliders' colours need styles of their own.
POLICY = (
    "default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def page_of(content: Content) -> str:
    """The whole page.

    Raises:
        OutputError: ``output.page_scripts`` where the installed packages lack what draws the page.
    """
    own = files(__package__)
    scripts = [*map(_embeddable, _libraries()), (own / "page.js").read_text(encoding="utf-8")]
    hashes = " ".join(f"'sha256-{_base64(sha256(script.encode()).digest())}'" for script in scripts)
    return Template((own / "page.html").read_text(encoding="utf-8")).substitute(
        policy=escape(POLICY.format(hashes=hashes)),
        style=(own / "page.css").read_text(encoding="utf-8"),
        colours=f"--background: {BACKGROUND}; --text: {TEXT}; --quiet: {QUIET}",
        notice=escape(NOTICE),
        checked=escape(CHECKED),
        no_doubts=escape(NO_DOUBTS.capitalize()),
        content=_as_json(_described(content)),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def _libraries() -> list[str]:
    """The scripts of Vue and of vtk.js, from trame's packages for Python."""
    from trame_client.module import vue3
    from trame_vtk.modules import common

    try:
        paths = (Path(vue3.www) / "vue.global.js", Path(common.serve_path) / "trame-vtk.js")
        return [path.read_text(encoding="utf-8") for path in paths]
    except (OSError, AttributeError) as error:
        raise OutputError(
            "output.page_scripts",
            "The page cannot be written: the installed packages trame-vtk and trame-client lack its scripts.",
            "Install them again: python -m pip install --force-reinstall trame-vtk trame-client",
        ) from error


def _embeddable(script: str) -> str:
    """The same script, without what would end it or hide its end inside a page, and with plain line ends."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--").replace("\r\n", "\n")


def _as_json(value: Any) -> str:
    """JSON that holds no tag, so that no name can end the element that it stands in."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _described(content: Content) -> dict[str, Any]:
    surfaces = {shown.trust.label: shown.surface for shown in content.organs if shown.surface is not None}
    lattice = Lattice.around(surfaces)
    meshes = {label: lattice.packed(*mesh) for label, mesh in reduced(surfaces).items()}
    return {
        "checks": [asdict(check) for check in content.checks],
        "lattice": {"origin": lattice.origin_mm, "step": lattice.step_mm},
        "organs": [_row(shown, meshes.get(shown.trust.label)) for shown in content.organs],
    }


def _row(shown: ShownOrgan, mesh: PackedMesh | None) -> dict[str, Any]:
    lung = shown.organ.name.startswith("lung_")
    return {
        "title": shown.organ.title,
        "colour": shown.organ.colour,
        "volume": shown.volume,
        "level": shown.trust.level,
        "flags": [asdict(flag) for flag in shown.trust.flags],
        "opacity": LUNG_OPACITY if lung else 1.0,
        "mesh": mesh and {name: _base64(values) for name, values in vars(mesh).items()},
    }


def _base64(values: bytes | NDArray[Any]) -> str:
    return b64encode(values if isinstance(values, bytes) else values.tobytes()).decode("ascii")
