"""The phantom's skeleton; only the spine carries a label."""

from __future__ import annotations

import numpy as np

from .body import LABELS, Body
from .canvas import Array, Canvas, View, common, ellipsoid, implicit_ellipsoid, join
from .frame import cavity, spine_y

# Body z of the discs' middles, from the sacrum's top (below L5) to above the seventh cervical vertebra.
_DISCS = np.array(
    [-165, -128, -91, -54, -18, 17, 48, 77, 105, 132, 157, 181, 205, 228, 250, 270, 289, 307, 324, 340, 356],
    float,
)
_SACRUM_Z = float(_DISCS[0])
# Levels counted from L5 = 0: the twelfth rib belongs to level 5, the first to level 16.
_LOWEST_RIB, _TENTH_RIB, _ABOVE_RIBS = 5.0, 7.0, 17.0


def paint_skeleton(canvas: Canvas, body: Body) -> None:
    """All bones of the trunk, shoulders and hips."""
    _ribs(canvas, body)
    _shoulders(canvas, body)
    _pelvis(canvas, body)
    _spine(canvas, body)


def _paint_bone(
    view: View, distance: Array, body: Body, label: int | None = None, shell_mm: float = 2.0
) -> None:
    view.paint(distance, body.tissue["compact bone"], label)
    view.paint(distance + shell_mm, body.tissue["spongy bone"])


def _levels(z: Array) -> tuple[Array, Array]:
    """Vertebral level at body ``z`` (whole numbers are discs) and a level's height there, millimetres."""
    level = np.interp(z, _DISCS, np.arange(len(_DISCS))).astype(np.float32)
    pitch = np.interp(z, _DISCS[:-1], np.diff(_DISCS)).astype(np.float32)
    return level, pitch


def _spine(canvas: Canvas, body: Body) -> None:
    """Vertebral bodies between discs, arches around the canal, joints that chain the levels, sacrum."""
    view, label = canvas.view((-60, 0, -285), (60, 125, 345)), LABELS["spine"]
    x, z = np.abs(view.x), view.z
    ys = view.y - spine_y(z)
    level, pitch = _levels(z)
    part = level % 1.0
    lumbar, waist = np.clip(1.0 - level / 17.0, 0.0, 1.0), 1.0 - 0.1 * np.sin(np.pi * part)
    below, above = _SACRUM_Z - z, z - 338
    width: Array = (13 + 11 * lumbar) * waist
    depth: Array = (11 + 6.5 * lumbar) * waist
    column = (np.sqrt((x / width) ** 2 + (ys / depth) ** 2) - 1.0) * depth
    view.paint(common(column + 1.0, below, above), body.tissue["disc"])
    beside_disc = (0.5 - np.abs(part - 0.5)) * pitch
    _paint_bone(view, common(column, 3.2 - beside_disc, below, above), body, label, 1.6)

    canal_y = ys - depth - 9.5
    laminae: Array = np.abs(implicit_ellipsoid((x, canal_y), (14, 12))) - 3.6
    laminae = common(laminae, (np.abs(part - 0.55) - 0.3) * pitch)
    joints = implicit_ellipsoid((x - 16, canal_y - 5), (6.5, 6.5))
    spinous = common(
        x - 3.2, np.abs(canal_y - 22) - 12, (np.abs((part + canal_y * 0.012) % 1.0 - 0.55) - 0.24) * pitch
    )
    transverse = common(np.abs(x - 26) - 12, np.abs(canal_y - 3) - 4, (np.abs(part - 0.55) - 0.17) * pitch)
    arch = join(laminae, joints, spinous, transverse, blend_mm=3.0)
    _paint_bone(view, common(arch, below, above), body, label)

    taper = np.clip((z + 290) / (_SACRUM_Z + 290), 0.15, 1.0)
    wide, thick = 52 * taper**0.7, 8 + 12 * taper
    sacrum = (np.sqrt((x / wide) ** 2 + ((ys - 3 + 0.006 * x**2 * taper) / thick) ** 2) - 1.0) * thick
    _paint_bone(view, common(sacrum, -below, -284 - z), body, label)
    canal = common(implicit_ellipsoid((x, canal_y + 1), (10, 8)), -228 - z)
    view.paint(canal, body.tissue["cord"], 0)


def _ribs(canvas: Canvas, body: Body) -> None:
    """Ribs are stripes of the chest wall that descend on their way from the spine to the front."""
    view = canvas.view((-145, -105, -60), (145, 115, 310))
    wall = np.abs(cavity(view) - 4.5)
    around = np.arctan2(np.abs(view.x), view.y - 5.0)
    level, pitch = _levels(view.z + 34.0 * around)
    stripe = np.abs(level % 1.0 - 0.5) * pitch - 6.0
    rows = common(level - _ABOVE_RIBS, _LOWEST_RIB - level) * 20.0
    end = 65.0 * (around - np.where(level < _TENTH_RIB, 1.35, 2.25))
    _paint_bone(view, common(wall - 3.5, stripe, rows, end, 24.0 - np.abs(view.x)), body, shell_mm=1.8)
    cartilage = common(
        wall - 3.5, stripe + 1.0, rows, (_TENTH_RIB - level) * 20.0, -end, 16.0 - np.abs(view.x)
    )
    view.paint(cartilage, body.tissue["cartilage"])
    sternum = common(wall - 5.0, np.abs(view.x) - 17, view.y, 130 - view.z, view.z - 268)
    _paint_bone(view, sternum, body)


def _shoulders(canvas: Canvas, body: Body) -> None:
    bones = (
        ([(18, -48, 270), (75, -44, 290), (145, 0, 300)], (8, 6, 7)),  # clavicle
        ([(70, 88, 172), (84, 92, 270)], (4, 4)),  # scapula: medial border, lateral border, spine
        ([(76, 90, 176), (128, 46, 262)], (4, 6)),
        ([(84, 94, 268), (150, 32, 292)], (4, 6)),
        ([(152, 12, 280), (160, 12, 272)], (22, 22)),  # head of the humerus
    )
    for sign in (1.0, -1.0):
        for course, radii in bones:
            view, distance = canvas.tube(np.array(course) * (sign, 1, 1), radii)
            _paint_bone(view, distance, body)


def _pelvis(canvas: Canvas, body: Body) -> None:
    view = canvas.view((-140, -90, -310), (140, 110, -85))
    bowl = np.abs(ellipsoid(view, (0, -40, -118), (124, 116, 128))) - 4.5
    crest = view.z + 100 + 0.004 * (view.y - 20) ** 2
    wing = common(bowl, 38 - np.abs(view.x), crest, -62 - view.y - 0.6 * (view.z + 100), -204 - view.z)
    _paint_bone(view, wing, body, shell_mm=2.5)
    bones = (
        ([(84, 24, -205), (90, 4, -240)], (13, 22)),  # body of the ilium
        ([(80, -18, -246), (42, -58, -262), (8, -66, -272)], (13, 8, 10)),  # pubis
        ([(72, 34, -262), (58, 30, -300)], (12, 14)),  # ischium
        ([(104, 0, -254), (142, 10, -286), (146, 8, -340)], (15, 17, 15)),  # femur
    )
    for sign in (1.0, -1.0):
        for course, radii in bones:
            part, distance = canvas.tube(np.array(course) * (sign, 1, 1), radii)
            _paint_bone(part, distance, body, shell_mm=3.0)
        joint = ellipsoid(view, (sign * 97, -2, -248), (27, 27, 27))
        view.paint(joint, body.tissue["muscle"])
        _paint_bone(view, joint + 3.0, body)
