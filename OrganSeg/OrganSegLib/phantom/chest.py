"""Organs of the phantom's chest, and the great vessels down to the groins."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .body import LABELS, Body
from .canvas import Array, Canvas, Point, common, ellipsoid, implicit_ellipsoid, join, turned
from .frame import before_spine, beside_spine, cavity, diaphragm, spine_y


def paint_lungs(canvas: Canvas, body: Body) -> None:
    """Lungs fill the chest beside mediastinum and spine, down over the diaphragm's domes."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        low, high = sorted((0.0, sign * 140.0))
        view, label = canvas.view((low, -95, 10), (high, 105, 315)), LABELS[f"lung_{side}"]
        x, y, z = view.x, view.y, view.z
        lower_border = 22.0 + 75.0 * np.clip(-y / 80.0, 0.0, 1.0) ** 1.5
        mediastinum = join(
            implicit_ellipsoid((x, y + 2), (24.0 + np.clip((z - 225) / 8, 0, 6), 52)),
            implicit_ellipsoid((x, y - spine_y(z)), (29, 27)),
            beside_spine(view) - 3.0,
            blend_mm=10.0,
        )
        distance = common(
            cavity(view) + 0.5, 1.5 - diaphragm(view), -mediastinum, 5.0 - sign * x, lower_border - z
        )
        view.paint(distance, body.tissue["lung"] + 0.45 * y, label)
        _paint_lung_vessels(canvas, body, label, sign)


def _paint_lung_vessels(canvas: Canvas, body: Body, label: int, sign: float) -> None:
    """Vessels fan out from the hilum and fork; they belong to the lung."""
    rng = body.rng(f"lung vessels {label}")
    hilum = np.array([sign * 30.0, 8.0, 205.0])
    for n in range(42):
        end = np.array([sign * rng.uniform(48, 122), rng.uniform(-72, 84), rng.uniform(45, 285)])
        fork = hilum + (end - hilum) * rng.uniform(0.35, 0.6) + rng.normal(0, 9, 3)
        twig = end + rng.normal(0, 22, 3)
        for course, radii in (
            ([hilum, fork, end], (4.6 if n < 12 else 2.8, 2.0, 0.6)),
            ([fork, twig], (1.7, 0.5)),
        ):
            view, distance = canvas.tube(course, radii)
            view.paint(distance, body.tissue["vein"], inside=label)


def paint_heart(canvas: Canvas, body: Body) -> None:
    """Myocardium around four chambers, in pericardial fat; the apex points left, forward and down."""
    axes, size, label = turned(y_deg=35, z_deg=-32), body.size("heart"), LABELS["heart"]
    centre = body.course("heart", [(13, -24, 154)])[0]
    view = canvas.view(centre - 85, centre + 85)

    def lobe(offset: ArrayLike, radii: ArrayLike) -> Array:
        return ellipsoid(view, centre + axes @ np.asarray(offset) * size, np.asarray(radii) * size, axes)

    ventricles, atria = lobe((9, 0, 0), (62, 43, 45)), lobe((-28, 5, 12), (40, 44, 46))
    outside = join(ventricles, atria, blend_mm=12.0)
    above_diaphragm = 3.0 - diaphragm(view)
    view.paint(common(outside - 5.0, above_diaphragm + 2.0), body.tissue["fat"], 0)
    heart = common(outside, above_diaphragm)
    view.paint(heart, body.tissue["myocardium"], label)
    chambers = (
        lobe((-36, 18, 24), (23, 22, 22)),  # left atrium
        lobe((-38, -14, 4), (24, 25, 30)),  # right atrium
        lobe((10, -25, -6), (40, 14, 33)),  # right ventricle
        lobe((18, 13, 4), (38, 17, 20)),  # left ventricle
    )
    for chamber in chambers:
        view.paint(common(chamber, heart + 3.0), body.tissue["blood"], inside=label)


def paint_branches(canvas: Canvas, body: Body) -> None:
    """Large vessels that join the heart, aorta and cava and carry no label."""
    for course, radii, tissue in _branches():
        view, distance = canvas.tube(course, radii)
        view.paint(distance, body.tissue[tissue], 0)


def paint_aorta_and_cava(canvas: Canvas, body: Body) -> None:
    """Aorta from its root to where it divides, inferior vena cava from there to the right atrium."""
    cava: list[Point] = [(-27, 2, 128), (-27, 8, 108), (-27, 10, 75)]
    cava += before_spine(-25, 25, 20) + before_spine(-23, 24, -50) + before_spine(-18, 24, -112)
    radii = np.array((11, 12, 11.5, 11, 10.5, 9.5)) * body.size("cava", 0.1)
    view, distance = canvas.tube(body.course("cava", cava, 1.2), radii)
    view.paint(distance, body.tissue["cava"], LABELS["inferior_vena_cava"])
    aorta: list[Point] = [(2, -20, 196), (-12, -29, 215), (-16, -28, 238), (-4, -16, 257), (12, 8, 264)]
    aorta += [(23, 26, 252), *before_spine(26, 13, 225, 190, 150), *before_spine(18, 22, 115)]
    aorta += before_spine(13, 29, 85, 45) + before_spine(4, 29, 0, -50, -100)
    radii = np.array((15, 16, 15.5, 14.5, 13.5, 13, 12.5, 12, 12, 11.5, 11, 10.5, 9.5, 9, 8.5))
    view, distance = canvas.tube(body.course("aorta", aorta, 1.2), radii * body.size("aorta", 0.1))
    view.paint(distance, body.tissue["blood"], LABELS["aorta"])


def _branches() -> list[tuple[list[Point], tuple[float, ...], str]]:
    """Course, radii and tissue of each vessel."""
    (bifurcation,), (confluence,) = before_spine(2, 29, -100), before_spine(-18, 24, -112)
    brachiocephalic = (-26, -18, 262)
    splenoportal = (-4, -24, -5)
    return [
        ([(-28, -18, 185), (-30, -14, 225), brachiocephalic], (10, 9, 8), "vein"),
        ([brachiocephalic, (-42, -8, 290)], (7, 6), "vein"),
        ([brachiocephalic, (10, -28, 272), (42, -6, 290)], (7, 6, 6), "vein"),
        ([(-4, -16, 262), (-20, -4, 285), (-24, 0, 330)], (6, 5, 4), "blood"),
        ([(12, 8, 266), (22, 6, 290), (26, 4, 330)], (5, 4, 4), "blood"),
        ([(14, -34, 196), (12, -22, 222)], (13, 13), "vein"),
        ([(14, -14, 222), (40, 2, 215)], (10, 7), "vein"),
        ([(10, -14, 220), (-38, 0, 208)], (9, 7), "vein"),
        ([bifurcation, (32, 14, -150), (60, -30, -235), (80, -62, -300)], (7, 6, 5, 5), "blood"),
        ([bifurcation, (-30, 14, -150), (-60, -30, -235), (-80, -62, -300)], (7, 6, 5, 5), "blood"),
        ([confluence, (36, 24, -155), (56, -20, -235), (70, -58, -300)], (8, 6, 6, 6), "vein"),
        ([confluence, (-30, 24, -155), (-56, -20, -235), (-70, -58, -300)], (8, 6, 6, 6), "vein"),
        ([(8, -6, 12), (5, -26, -10), (0, -30, -60)], (4, 3.5, 2), "blood"),
        ([(8, -6, 22), (5, -22, 22)], (4, 3), "blood"),
        ([(0, -35, -80), splenoportal, (-14, -18, 15), (-28, -8, 38)], (4, 6, 6, 6), "portal vein"),
        ([splenoportal, (30, -14, 20), (78, 22, 50)], (5, 4.5, 4), "portal vein"),
        ([(-24, 0, -8), (12, -16, -4), (48, 30, 0)], (5, 4, 5), "vein"),
        ([(-24, 2, -14), (-48, 30, -14)], (5, 5), "vein"),
    ]


def paint_gullet_and_airway(canvas: Canvas, body: Body) -> None:
    """Esophagus with a thread of air, trachea and main bronchi."""
    path = before_spine(2, 24, 335, 290, 250, 215, 175)
    path += [(8, 20, 140), (16, 8, 112), (32, 0, 96), (44, 2, 88)]
    view, distance = canvas.tube(body.course("esophagus", path, 1.0), (8, 8, 8, 8, 8, 9, 9.5, 9.5, 8))
    view.paint(distance, body.tissue["bowel wall"], LABELS["esophagus"])
    view.paint(distance + 6.0, -500.0, inside=LABELS["esophagus"])
    trachea = before_spine(0, 40, 335, 290, 232)
    left_bronchus, right_bronchus = ([(0, 3, 234), (sign * 36, 10, 206)] for sign in (1.0, -1.0))
    airways = ((trachea, (9.0, 9.0, 9.0)), (left_bronchus, (8.0, 5.0)), (right_bronchus, (8.0, 5.0)))
    for course, radii in airways:
        view, distance = canvas.tube(course, radii)
        view.paint(distance - 1.5, body.tissue["bowel wall"], 0)
        view.paint(distance, -995.0)
