"""The phantom's frame: the scanner's table, skin, fat, muscles, the trunk's cavity and its diaphragm."""

from __future__ import annotations

import numpy as np

from .body import Body
from .canvas import Array, Canvas, Point, View, common, implicit_ellipsoid, join

# Body z, half width, half depth and middle y of the muscles' outer contour and of the cavity inside them.
_CONTOUR = np.array([
    (-320, 160, 104, 4), (-260, 168, 112, 5), (-200, 158, 108, 4),
    (-140, 146, 102, 0), (-80, 140, 100, -3), (0, 142, 102, 0),
    (60, 148, 107, 3), (120, 153, 113, 6), (180, 158, 115, 7),
    (230, 168, 110, 9), (262, 182, 94, 11), (288, 186, 80, 12),
    (312, 150, 68, 14), (335, 75, 62, 14), (360, 60, 60, 12),
], float)  # fmt: skip
_CAVITY = np.array([
    (-320, 40, 50, 5), (-260, 62, 66, 0), (-200, 96, 78, -6),
    (-140, 122, 86, -10), (-80, 126, 86, -10), (0, 128, 87, -5),
    (60, 132, 92, 0), (120, 135, 95, 2), (180, 132, 93, 4),
    (230, 118, 83, 8), (262, 92, 64, 13), (288, 62, 44, 18),
    (308, 32, 26, 20), (360, 20, 20, 20),
], float)  # fmt: skip
_NECK_ENDS = 420.0  # inside the head
# Body z and y of the vertebral bodies' middles: sacral curve, lumbar lordosis, thoracic kyphosis.
_SPINE = np.array([
    (-330, 62), (-285, 64), (-255, 74), (-225, 74), (-190, 55), (-165, 38),
    (-146, 28), (-109, 18), (-72, 18), (-36, 22), (0, 28),
    (60, 38), (120, 46), (180, 50), (240, 47), (300, 38), (360, 32),
], float)  # fmt: skip


def _profile(table: Array, z: Array) -> list[Array]:
    return [np.interp(z, table[:, 0], table[:, n]).astype(np.float32) for n in range(1, table.shape[1])]


def spine_y(z: Array | float) -> Array:
    """Body y of the vertebral bodies' middles at body ``z``."""
    return np.asarray(np.interp(z, _SPINE[:, 0], _SPINE[:, 1]), np.float32)


def before_spine(x: float, gap_mm: float, *levels: float) -> list[Point]:
    """Points that keep ``gap_mm`` in front of the vertebral bodies' middles, at body z ``levels``."""
    return [(x, float(spine_y(z)) - gap_mm, z) for z in levels]


def _rounded_box(x: Array, y: Array, half_width: Array, half_depth: Array, power: float = 2.4) -> Array:
    """First-order distance to a superellipse in the axial plane."""
    u, v = np.abs(x) / half_width, np.abs(y) / half_depth
    up, vp = u ** (power - 1), v ** (power - 1)
    k = (up * u + vp * v + 1e-9) ** (1 / power)
    slope = np.hypot(up / half_width, vp / half_depth) * k ** (1 - power)
    distance: Array = (k - 1.0) / np.maximum(slope, 1e-4)
    return distance


def cavity(view: View) -> Array:
    """Distance to the inside of chest, abdomen and pelvis."""
    width, depth, middle = _profile(_CAVITY, view.z)
    return _rounded_box(view.x, view.y - middle, width, depth)


def diaphragm(view: View) -> Array:
    """Distance to the space under the diaphragm: a right, a left and a lower central dome on cylinders."""
    up = np.maximum(view.z - 15.0, 0.0)
    domes = (((-64, 0), (74, 96, 114)), ((62, 2), (72, 93, 99)), ((10, -25), (70, 65, 90)))
    shapes = [implicit_ellipsoid((view.x - x, view.y - y, up), radii) for (x, y), radii in domes]
    return join(*shapes, blend_mm=25.0)


def paint_torso(canvas: Canvas, body: Body) -> None:
    """Table, skin, subcutaneous fat, muscles and the fat that organs will lie in."""
    view, tissue, rng = canvas.everywhere(), body.tissue, body.rng("torso")
    width, depth, middle = _profile(_CONTOUR, view.z)
    contour = common(_rounded_box(view.x, view.y - middle, width, depth), view.z - _NECK_ENDS)
    thickness = rng.uniform(7, 26)
    belly = np.clip(1.0 - np.abs(view.z + 110) / 200, 0.0, 1.0)
    skin: Array = contour - thickness * (0.6 + 0.6 * belly * np.clip(0.8 - view.y / 200, 0.5, 1.0))
    if rng.random() < 0.5:
        breasts = implicit_ellipsoid((np.abs(view.x) - 78, view.y + 92, view.z - 168), (62, 48, 62))
        skin = join(skin, breasts, blend_mm=25.0)
    _table(view, 115.0 + 0.8 * thickness)
    view.paint(skin, tissue["skin"])
    view.paint(skin + 2.0, tissue["fat"])
    view.paint(contour, tissue["muscle"])
    fascia = np.abs(view.mottle(rng, 95.0)) * 16.0 - 0.9
    view.paint(common(fascia, contour + 5.0), tissue["fat"])
    view.paint(common(cavity(view), contour), tissue["fat"])
    _muscles(canvas, body)
    if rng.random() < 0.25:
        _arms(canvas, body)


def _table(view: View, level: float) -> None:
    bent = view.height - level + 0.0006 * view.x**2
    board = common(np.abs(bent - 12.0) - 12.0, np.abs(view.x) - 210)
    view.paint(board, -60.0)
    view.paint(board + 2.5, -930.0)


def _muscles(canvas: Canvas, body: Body) -> None:
    """Muscles that bulge into the cavity: beside the spine, diaphragm with crura, psoas, pelvic floor."""
    muscle = body.tissue["muscle"]
    view = canvas.view((-80, 30, -200), (80, 115, 300))
    view.paint(common(beside_spine(view), -150 - view.z, view.z - 262), muscle)
    view = canvas.view((-140, -100, -70), (140, 100, 132))
    dome = common(np.abs(diaphragm(view)) - 1.5, cavity(view), 12 - view.z)
    ys = view.y - spine_y(view.z)
    crura = implicit_ellipsoid((np.abs(view.x) - 14, ys + 17), (8, 9))
    view.paint(np.minimum(dome, common(crura, -60 - view.z, view.z - 90)), muscle)
    for sign in (1.0, -1.0):
        course = [(26, 26, 12), (36, 24, -40), (44, 18, -95), (56, 8, -150), (80, -22, -225), (98, -14, -290)]
        view, distance = canvas.tube(np.array(course) * (sign, 1, 1), (7, 15, 20, 21, 18, 14))
        view.paint(distance, muscle)
    view = canvas.view((-90, -80, -340), (90, 90, -255))
    view.paint(common(cavity(view), view.z + 272 - 0.004 * view.x**2), muscle)


def beside_spine(view: View) -> Array:
    """Distance to the erector muscles, thick beside the loins and thin behind the chest."""
    chest = np.clip((view.z - 20) / 120, 0.0, 1.0)
    across, back = np.abs(view.x) - 33 + 10 * chest, view.y - spine_y(view.z) - 46
    return implicit_ellipsoid((across, back), (34 - 9 * chest, 21 - 2 * chest))


def _arms(canvas: Canvas, body: Body) -> None:
    """Arms at the sides, as they lie in people who cannot raise them."""
    for sign in (1.0, -1.0):
        course = np.array([(172, 10, 275), (205, 22, 150), (217, 28, 20), (212, 10, -110), (198, -10, -230)])
        view, distance = canvas.tube(course * (sign, 1, 1), (46, 42, 36, 34, 27))
        view.paint(distance - 7.0, body.tissue["skin"])
        view.paint(distance - 5.0, body.tissue["fat"])
        view.paint(distance, body.tissue["muscle"])
        view, distance = canvas.tube(course * (sign, 1, 1), (14, 11, 13, 9, 8))
        view.paint(distance, body.tissue["compact bone"])
        view.paint(distance + 4.0, body.tissue["spongy bone"])
