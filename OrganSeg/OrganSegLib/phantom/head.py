"""The phantom's head: no organ lies here, and a network must learn that from somewhere."""

from __future__ import annotations

import numpy as np

from .body import Body
from .canvas import Array, Canvas, View, common, ellipsoid, join

_BRAIN, _CSF, _EYE, _ENAMEL, _AIR = 34.0, 8.0, 12.0, 1800.0, -990.0
_SKULL_MM = 7.0


def paint_head(canvas: Canvas, body: Body) -> None:
    """Scalp, face, skull, brain with its ventricles, eyes, jaws with teeth, and the airways."""
    view, size, rng = canvas.view((-105, -130, 325), (105, 130, 600)), body.size("head"), body.rng("head")

    def oval(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Array:
        return ellipsoid(view, centre, np.multiply(radii, size))

    vault = oval((0, 8, 490), (72, 90, 82))
    face = join(oval((0, -38, 425), (58, 56, 62)), oval((0, -30, 388), (46, 48, 34)), blend_mm=15.0)
    outside = join(vault - 7.0, face, blend_mm=20.0)
    view.paint(outside, body.tissue["skin"])
    view.paint(outside + 2.0, body.tissue["fat"])
    view.paint(join(vault - 3.0, face + 5.0, blend_mm=15.0), body.tissue["muscle"])
    _paint_brain(view, body, vault, rng)
    _paint_base(view, body, rng)
    for sign in (1.0, -1.0):
        view.paint(oval((sign * 32, -62, 452), (19, 20, 18)), body.tissue["fat"])
        view.paint(oval((sign * 32, -68, 452), (12, 12, 12)), _EYE)
        view.paint(oval((sign * 30, -48, 425), (14, 16, 18)), _AIR)  # maxillary sinus
    _paint_jaws(canvas, body, rng)
    view.paint(oval((0, -52, 428), (11, 32, 22)), _AIR)  # nose
    view.paint(oval((0, -18, 395), (11, 8, 34)), _AIR)  # pharynx


def _paint_brain(view: View, body: Body, vault: Array, rng: np.random.Generator) -> None:
    """Bone around, grey and white matter, ventricles and the fluid between brain and bone."""
    view.paint(vault, body.tissue["compact bone"] * 1.8)
    view.paint(common(vault + 2.5, -vault - _SKULL_MM + 2.5), body.tissue["spongy bone"] * 2.0)
    shrunken = rng.uniform(1.0, 6.0)  # with age
    view.paint(vault + _SKULL_MM, _CSF)
    view.paint(vault + _SKULL_MM + shrunken, _BRAIN + 4.0 * view.mottle(rng, 25.0))
    for sign in (1.0, -1.0):
        view.paint(ellipsoid(view, (sign * 13, 5, 500), (5 + shrunken, 32, 11)), _CSF)


def _paint_base(view: View, body: Body, rng: np.random.Generator) -> None:
    """The skull's base: a rugged plate of dense bone and small air cells, thickest beside the ears."""
    plate = ellipsoid(view, (0, 2, 432), (62, 66, 16)) + 5.0 * view.mottle(rng, 28.0)
    view.paint(plate, body.tissue["compact bone"] * 1.5)
    view.paint(plate + 5.0, body.tissue["spongy bone"])
    for sign in (1.0, -1.0):
        mastoid = ellipsoid(view, (sign * 54, 28, 424), (14, 18, 20))
        view.paint(mastoid, body.tissue["compact bone"] * 1.5)
        view.paint(common(mastoid + 3.0, 0.4 - view.mottle(rng, 12.0)), _AIR)


def _paint_jaws(canvas: Canvas, body: Body, rng: np.random.Generator) -> None:
    """Upper and lower jaw as arches with a row of teeth between them, some filled with metal."""
    for z, radius in ((402.0, 6.0), (374.0, 7.0)):
        arch = [(46, 0, z + 12), (40, -40, z), (0, -78, z - 2), (-40, -40, z), (-46, 0, z + 12)]
        view, distance = canvas.tube(arch, (radius,) * len(arch))
        view.paint(distance, body.tissue["compact bone"] * 1.6)
        view.paint(distance + 3.0, body.tissue["spongy bone"])
    for angle in np.linspace(-1.2, 1.2, 14):
        centre = (38 * np.sin(angle), -38 - 36 * np.cos(angle), 388.0)
        view = canvas.view(np.subtract(centre, 10), np.add(centre, 10))
        hu = 3000.0 if rng.random() < 0.1 else _ENAMEL
        view.paint(ellipsoid(view, centre, (3.5, 4.0, 8.0)), hu)
