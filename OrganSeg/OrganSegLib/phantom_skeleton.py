"""The phantom's outside and frame: skin, fat, muscle, the trunk's cavity, bones and the scanner's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .phantom_canvas import Array, Canvas, View, common, ellipsoid, implicit_ellipsoid, join, turned

if TYPE_CHECKING:
    from .phantom_anatomy import Body

# z, half width, half depth, middle y of the muscles' outer contour and of the cavity inside them.
_CONTOUR = np.array([
    (-320, 160, 104, 4), (-260, 168, 112, 5), (-200, 158, 108, 4), (-140, 146, 102, 0), (-80, 140, 100, -3), (0, 142, 102, 0),
    (60, 148, 106, 2), (120, 152, 110, 3), (180, 156, 110, 4), (230, 166, 106, 6), (262, 182, 94, 9), (288, 186, 80, 12),
    (312, 150, 68, 14), (335, 75, 62, 14), (360, 60, 60, 12),
], float)  # fmt: skip
_CAVITY = np.array([
    (-320, 40, 50, 5), (-260, 62, 66, 0), (-200, 96, 78, -6), (-140, 122, 86, -10), (-80, 126, 86, -10), (0, 128, 87, -5),
    (60, 131, 91, 0), (120, 132, 92, 2), (180, 127, 88, 4), (230, 110, 76, 8), (262, 84, 58, 13), (286, 56, 40, 18),
    (304, 30, 24, 20), (360, 20, 20, 20),
], float)  # fmt: skip
_SPINE = np.array([
    (-330, 62), (-285, 64), (-255, 74), (-225, 74), (-190, 55), (-165, 38), (-146, 28), (-109, 18), (-72, 18), (-36, 22), (0, 28),
    (60, 38), (120, 46), (180, 50), (240, 47), (300, 38), (360, 32),
], float)  # fmt: skip
# Lower borders of the discs' middles, from the sacrum's top (L5/S1) to the seventh cervical vertebra.
_DISCS = np.array(
    [-165, -128, -91, -54, -18, 17, 48, 77, 105, 132, 157, 181, 205, 228, 250, 270, 289, 307, 324, 340, 356]
)


def _profile(table: Array, z: Array) -> list[Array]:
    return [np.interp(z, table[:, 0], table[:, n]).astype(np.float32) for n in range(1, table.shape[1])]


def spine_y(z: ArrayLike) -> Array:
    """Body y of the vertebral bodies' middles: lumbar lordosis, thoracic kyphosis, sacral curve."""
    return np.interp(z, _SPINE[:, 0], _SPINE[:, 1]).astype(np.float32)


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


def paint_torso(canvas: Canvas, body: Body) -> None:
    """Table, skin, subcutaneous fat, muscle and the fat-filled cavity."""
    view, tissue, rng = canvas.everywhere(), body.tissue, body.rng("torso")
    width, depth, middle = _profile(_CONTOUR, view.z)
    contour = _rounded_box(view.x, view.y - middle, width, depth)
    thick = rng.uniform(7, 26)
    belly = np.clip(1.0 - np.abs(view.z + 90) / 190, 0.0, 1.0)
    fat = thick * (0.6 + 0.7 * belly * np.clip(0.6 - view.y / 160, 0.3, 1.0))
    skin = contour - fat
    _table(view, rng.uniform(0, 4) + 113 + thick)
    view.paint(skin, tissue["skin"])
    view.paint(skin + 2.0, tissue["fat"])
    view.paint(contour, tissue["muscle"])
    streaks = np.sin(view.x * 0.13 + 2 * np.sin(view.y * 0.05)) + np.sin(view.y * 0.16 + view.z * 0.05) - 1.45
    view.paint(common(8.0 * -streaks, contour + 6.0), tissue["fat"] + 40)
    view.paint(cavity(view), tissue["fat"])
    _muscles(canvas, body)


def _table(view: View, level: float) -> None:
    curved = view.height - level + 0.0012 * view.x**2
    top = common(np.abs(curved) - 1.5, np.abs(view.x) - 205)
    view.paint(top, -250.0)
    view.paint(common(np.abs(curved - 9.0) - 8.0, np.abs(view.x) - 205), -920.0)
    view.paint(top, -250.0)


def _muscles(canvas: Canvas, body: Body) -> None:
    """Muscles that bulge into the cavity: beside the spine, psoas, pelvic floor."""
    muscle = body.tissue["muscle"]
    view = canvas.view((-80, 30, -200), (80, 110, 110))
    ys = view.y - spine_y(view.z)
    erector = implicit_ellipsoid((np.abs(view.x) - 33, ys - 46), (34, 21))
    view.paint(common(erector, np.abs(view.z + 50) - 135), muscle)
    for sign in (1.0, -1.0):
        course = [
            (sign * 26, 26, 12),
            (sign * 36, 24, -40),
            (sign * 44, 18, -95),
            (sign * 56, 8, -150),
            (sign * 80, -22, -225),
        ]
        view, distance = canvas.tube([*course, (sign * 98, -14, -290)], [7, 15, 20, 21, 18, 14])
        view.paint(distance, muscle)
    view = canvas.view((-90, -80, -340), (90, 90, -255))
    view.paint(common(cavity(view), view.z + 272 - 0.004 * view.x**2), muscle)


def paint_skeleton(canvas: Canvas, body: Body) -> None:
    """All bones; only the spine carries a label."""
    _ribs(canvas, body)
    _shoulders(canvas, body)
    _pelvis(canvas, body)
    _spine(canvas, body)


def _bone(view: View, distance: Array, body: Body, label: int | None = None, shell_mm: float = 2.0) -> None:
    view.paint(distance, body.tissue["cortical bone"], label)
    view.paint(distance + shell_mm, body.tissue["trabecular bone"])


def _spine(canvas: Canvas, body: Body) -> None:
    from .phantom_anatomy import LABELS

    view = canvas.view((-50, 0, -285), (50, 120, 345))
    x, z = np.abs(view.x), view.z
    ys = view.y - spine_y(z)
    level = np.interp(z, _DISCS, np.arange(len(_DISCS))).astype(np.float32)
    pitch = np.interp(z, _DISCS[:-1], np.diff(_DISCS)).astype(np.float32)
    beside_disc = (0.5 - np.abs(level % 1.0 - 0.5)) * pitch
    lumbar = np.clip(1.0 - level / 17.0, 0.0, 1.0)
    waist = 1.0 - 0.1 * np.sin(np.pi * (level % 1.0))
    above = -165.0 - z
    bodies = implicit_ellipsoid((x, ys), ((14 + 10 * lumbar.mean() * 0 + 9) * 1.0, 16))
    width, depth = (13 + 11 * lumbar) * waist, (11 + 6.5 * lumbar) * waist
    bodies = (np.sqrt((x / width) ** 2 + (ys / depth) ** 2 + 1e-6) - 1.0) * depth
    view.paint(common(bodies + 1.0, above, z - 340), body.tissue["disc"])
    vertebra = common(bodies, 3.2 - beside_disc, above)
    _bone(view, vertebra, body, LABELS["spine"], 1.6)
    # The arch: pedicles and laminae around the canal, joints that chain the levels, processes.
    back = depth + 9.5
    ring = np.abs(implicit_ellipsoid((x, ys - back), (14, 12))) - 3.6
    laminae = common(ring, np.abs(level % 1.0 - 0.55) * pitch - 10.0)
    joints = implicit_ellipsoid((x - 16, ys - back - 5), (6.5, 6.5))
    spinous = common(x - 3.2, np.abs(ys - back - 24) - 13, np.abs(level % 1.0 - 0.4) * pitch - 8.0)
    transverse = common(
        np.abs(x - 26) - 12, np.abs(ys - back - 3) - 4, np.abs(level % 1.0 - 0.55) * pitch - 5.5
    )
    _bone(
        view,
        common(join(laminae, joints, spinous, transverse, blend_mm=3.0), above, z - 335),
        body,
        LABELS["spine"],
    )
    taper = np.clip((z + 280) / 115.0, 0.12, 1.0)
    sacrum = common(
        implicit_ellipsoid((x, ys - 4 * taper), (47, 19)) + 46 * (1 - taper) * np.clip(x / 30, 0.35, 1),
        -above,
        -282 - z,
    )
    _bone(view, sacrum, body, LABELS["spine"])
    canal = implicit_ellipsoid((x, ys - back + 1), (11, 8.5))
    canal = common(canal, -235 - z)
    view.paint(canal, body.tissue["cord"], 0)


def _ribs(canvas: Canvas, body: Body) -> None:
    """Ribs are stripes of the chest wall that descend from the spine to the front."""
    view = canvas.view((-150, -110, -10), (150, 115, 305))
    shell = np.abs(cavity(view) - 4.0)
    behind = spine_y(view.z) + 30 - view.y
    along = view.z + 0.42 * np.clip(behind, 0, 150) - 0.0011 * np.clip(behind - 60, 0, 150) ** 2
    level = np.interp(along, _DISCS, np.arange(len(_DISCS))).astype(np.float32)
    pitch = np.interp(along, _DISCS[:-1], np.diff(_DISCS)).astype(np.float32)
    stripe = np.abs(level % 1.0 - 0.5) * pitch - 6.0
    front = np.clip((12 - level) * 22.0 + 10, -75, 40) * -1.0
    reach = common(
        22.0 - np.abs(view.x),
        5.0 - level,
        level - 17.4,
        -view.y + np.where(level < 7, 20.0, -62.0) + 0 * front,
    )
    rib = common(shell - 4.0, stripe, reach)
    _bone(view, rib, body, shell_mm=1.8)
    cartilage = common(
        shell - 4.0, stripe + 1.0, 7.5 - level, level - 17.4, view.y + 60, 18.0 - np.abs(view.x)
    )
    view.paint(cartilage, body.tissue["cartilage"])
    sternum = common(shell - 5.5, np.abs(view.x) - 17, view.y, 128 - view.z, view.z - 268)
    _bone(view, sternum, body)


def _shoulders(canvas: Canvas, body: Body) -> None:
    for sign in (1.0, -1.0):
        for course, radii in (
            ([(sign * 18, -48, 270), (sign * 75, -44, 290), (sign * 145, 0, 300)], (8, 6, 7)),
            ([(sign * 70, 82, 170), (sign * 84, 86, 270)], (4, 4)),
            ([(sign * 76, 84, 175), (sign * 128, 42, 262)], (4, 6)),
            ([(sign * 84, 90, 268), (sign * 150, 30, 292)], (4, 6)),
            ([(sign * 152, 12, 280), (sign * 160, 12, 272)], (22, 22)),
        ):
            view, distance = canvas.tube(course, radii)
            _bone(view, distance, body)


def _pelvis(canvas: Canvas, body: Body) -> None:
    view = canvas.view((-140, -80, -310), (140, 110, -85))
    x = np.abs(view.x)
    # Iliac wing: a patch of an ellipsoidal bowl that opens upwards and forwards.
    bowl = np.abs(ellipsoid(view, (0, -30, -118), (124, 118, 128))) - 4.5
    wing = common(bowl, 40 - x, view.z + 102, -18 - view.y + 0.25 * (view.z + 102), -236 - view.z)
    _bone(view, wing, body, shell_mm=2.5)
    for sign in (1.0, -1.0):
        for course, radii in (
            ([(sign * 82, 30, -205), (sign * 88, 4, -240)], (13, 22)),
            ([(sign * 80, -18, -246), (sign * 42, -58, -262), (sign * 8, -66, -272)], (13, 8, 10)),
            ([(sign * 72, 34, -262), (sign * 58, 30, -300)], (12, 14)),
        ):
            part, distance = canvas.tube(course, radii)
            _bone(part, distance, body)
        joint = ellipsoid(view, (sign * 97, -2, -248), (27, 27, 27))
        view.paint(joint, body.tissue["muscle"])
        part, distance = canvas.tube([(sign * 97, -2, -248), (sign * 99, -2, -249)], (24, 24))
        _bone(part, distance, body)
        part, distance = canvas.tube(
            [(sign * 104, 0, -254), (sign * 142, 10, -286), (sign * 146, 8, -340)], (15, 17, 15)
        )
        _bone(part, distance, body, shell_mm=4.0)


__all__ = ["cavity", "paint_skeleton", "paint_torso", "spine_y", "turned"]
