"""What the phantom is made of: a schematic adult in body millimetres (x left, y posterior, z superior).

The origin lies at the first lumbar vertebra's level in the middle of the body. Organs are painted from the
outside in, and a later organ takes the voxels of an earlier one, so labels never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .organs import catalogue
from .phantom_canvas import Array, Canvas, View, common, ellipsoid, implicit_ellipsoid, join, turned
from .phantom_skeleton import cavity, paint_skeleton, paint_torso, spine_y
from .phantom_tissue import Tissues

LABELS = {name: value for value, name in enumerate(catalogue(), start=1)}


@dataclass(frozen=True)
class Body:
    """One person: a seed for the shapes and the tissues' Hounsfield units."""

    seed: int
    tissue: Tissues

    def rng(self, part: str) -> np.random.Generator:
        """Random numbers of one body part: the same on every grid, whatever else is painted."""
        return np.random.default_rng([self.seed, *part.encode()])

    def course(self, part: str, points: ArrayLike, wobble_mm: float = 3.0) -> Array:
        """``points`` [n, 3] displaced a little, as organs vary between people."""
        points = np.asarray(points, float)
        return points + self.rng(part).normal(0.0, wobble_mm, points.shape)

    def size(self, part: str, spread: float = 0.06) -> float:
        """Factor on a part's radii."""
        return float(np.clip(self.rng(part + " size").normal(1.0, spread), 1 - 2 * spread, 1 + 2 * spread))


def paint_body(canvas: Canvas, body: Body) -> None:
    """Everything, from the skin to the organs."""
    paint_torso(canvas, body)
    paint_skeleton(canvas, body)
    for organ in (
        _lungs, _bowel, _colon, _liver, _spleen, _kidneys, _vessels, _heart, _gullet, _stomach,
        _pancreas, _duodenum, _gallbladder, _adrenals, _bladder,
    ):  # fmt: skip
        organ(canvas, body)


def diaphragm(view: View) -> Array:
    """Distance to the space under the diaphragm: a right, a left and a lower central dome on cylinders."""
    up = np.maximum(view.z - 15.0, 0.0)
    domes = (((-64, 0), (74, 96, 114)), ((62, 2), (72, 93, 99)), ((10, -25), (70, 65, 92)))
    return join(
        *(implicit_ellipsoid((view.x - x, view.y - y, up), radii) for (x, y), radii in domes), blend_mm=25.0
    )


def _lungs(canvas: Canvas, body: Body) -> None:
    upper_mediastinum = 26.0
    for side, sign in (("left", 1.0), ("right", -1.0)):
        view = canvas.view((min(0, sign * 140), -95, 10), (max(0, sign * 140), 105, 315))
        x, y, z = view.x, view.y, view.z
        ys = y - spine_y(z)
        base = 22.0 + 75.0 * np.clip(-y / 80.0, 0.0, 1.0) ** 1.5
        mediastinum = join(
            implicit_ellipsoid((x, y + 2), (upper_mediastinum + np.clip((z - 225) / 8, 0, 6), 52)),
            implicit_ellipsoid((x, ys), (29, 27)),
            blend_mm=10.0,
        )
        distance = common(cavity(view) + 2.5, 1.5 - diaphragm(view), -mediastinum, 6.0 - sign * x, base - z)
        view.paint(distance, body.tissue["lung"] + 0.45 * y, LABELS[f"lung_{side}"])
        _bronchovascular_tree(canvas, body, side, sign)


def _bronchovascular_tree(canvas: Canvas, body: Body, side: str, sign: float) -> None:
    """Pulmonary vessels fan out from the hilum; they belong to the lung."""
    rng, label = body.rng(f"tree {side}"), LABELS[f"lung_{side}"]
    hilum = np.array([sign * 30.0, 8.0, 205.0])
    ends = np.column_stack([
        sign * rng.uniform(48, 122, 42), rng.uniform(-72, 84, 42), rng.uniform(45, 285, 42)
    ])  # fmt: skip
    for n, end in enumerate(ends):
        fork = hilum + (end - hilum) * rng.uniform(0.35, 0.6) + rng.normal(0, 9, 3)
        view, distance = canvas.tube([hilum, fork, end], [4.6 if n < 12 else 2.8, 2.0, 0.6])
        view.paint(distance, body.tissue["vein"], inside=label)
        twig = end + rng.normal(0, 22, 3)
        view, distance = canvas.tube([fork, twig], [1.7, 0.5])
        view.paint(distance, body.tissue["vein"], inside=label)


def _liver(canvas: Canvas, body: Body) -> None:
    view = canvas.view((-135, -100, -75), (75, 90, 132))
    x, y, z = view.x, view.y, view.z
    size = body.size("liver", 0.05)
    tip, slope = -52 + body.rng("liver").normal(0, 9), 0.62 + body.rng("liver slope").normal(0, 0.05)
    right = ellipsoid(view, (-62, 2, 46), np.array((74, 82, 108)) * size)
    left = ellipsoid(view, (6, -42, 72), np.array((68, 40, 42)) * size, turned(y_deg=-12))
    visceral = (tip + slope * (x + 120) + 0.18 * (y + 40) - z) * 0.82
    distance = common(join(right, left, blend_mm=22), diaphragm(view) + 2.5, cavity(view) + 4.0, visceral)
    view.paint(distance, body.tissue["liver"], LABELS["liver"])
    rng, porta = body.rng("liver vessels"), np.array([-28.0, -8.0, 38.0])
    confluence = np.array([-24.0, 12.0, 104.0])
    for end in ((-95, 20, 40), (-88, -35, 55), (-80, 30, 85), (-70, -45, 90), (20, -45, 70)):
        fork = porta + (np.asarray(end) - porta) * 0.5 + rng.normal(0, 5, 3)
        for course, radii in (
            ([porta, fork, end], (6.0, 4.0, 1.2)),
            ([confluence, fork + (0, 0, 28), end], (4.5, 3.0, 1.0)),
        ):
            branch, around = canvas.tube(course, radii)
            branch.paint(around, body.tissue["portal vein"], inside=LABELS["liver"])


def _spleen(canvas: Canvas, body: Body) -> None:
    view = canvas.view((45, -45, 0), (140, 100, 130))
    size = body.size("spleen", 0.1)
    outer = ellipsoid(view, (92, 40, 66), np.array((27, 42, 58)) * size, turned(x_deg=-18, z_deg=25))
    hollow = ellipsoid(view, (58, 18, 62), (30, 42, 52))
    distance = common(outer, -hollow, diaphragm(view) + 2.5, cavity(view) + 4.0)
    view.paint(distance, body.tissue["spleen"], LABELS["spleen"])


def _kidneys(canvas: Canvas, body: Body) -> None:
    for side, sign, level in (("left", 1.0, 2.0), ("right", -1.0, -14.0)):
        label, size = LABELS[f"kidney_{side}"], body.size(f"kidney {side}")
        centre = body.course(f"kidney {side}", [(sign * 66, 40, level)])[0]
        view = canvas.view(centre - 72, centre + 72)
        axes = turned(x_deg=-14, y_deg=sign * 12, z_deg=sign * 28)
        capsule = ellipsoid(view, centre, np.array((29, 25, 56)) * size, axes)
        hilum = centre + axes @ (-sign * 22.0, -3.0, 0.0)
        sinus = ellipsoid(view, hilum, np.array((15, 9, 24)) * size, axes)
        organ = common(capsule, -sinus)
        angle = np.arctan2(view.z - centre[2], view.x - hilum[0])
        pyramids = common(capsule + 7.0, 3.0 - sinus, -2.5 - 3.5 * np.cos(9 * angle))
        view.paint(organ, body.tissue["cortex"], label)
        view.paint(pyramids, body.tissue["medulla"], inside=label)
        pelvis = ellipsoid(view, hilum + axes @ (-sign * 3.0, 0, 0), np.array((8, 5, 13)) * size, axes)
        view.paint(pelvis, body.tissue["excreted"], 0)
        start = hilum + axes @ (-sign * 8.0, 0.0, -8.0)
        ureter = [start, (sign * 36, 22, -90), (sign * 42, 20, -170), (sign * 22, 5, -238)]
        view, distance = canvas.tube(ureter, [2.5, 2.0, 2.0, 2.0])
        view.paint(distance, body.tissue["excreted"])


def _vessels(canvas: Canvas, body: Body) -> None:
    size = body.size("aorta", 0.1)
    arch = [(0, -22, 192), (-14, -30, 215), (-16, -28, 238), (-4, -16, 257), (12, 8, 264), (21, 24, 252)]
    descending = [(20, spine_y(z) - 21, z) for z in (225.0, 190.0, 150.0, 115.0)]
    abdominal = [
        (x, spine_y(z) - 29, z) for x, z in ((15, 85.0), (9, 45.0), (5, 0.0), (4, -50.0), (2, -100.0))
    ]
    radii = [16, 16, 15.5, 14.5, 13.5, 13, 12.5, 12, 12, 11.5, 11, 10.5, 9.5, 9, 8.5]
    trunk = body.course("aorta", arch + descending + abdominal, 1.2)
    artery, vein = body.tissue["blood"], body.tissue["vein"]

    cava = [
        (-27, 2, 128),
        (-27, 8, 108),
        (-27, 10, 75),
        (-25, spine_y(20.0) - 25, 20),
        (-23, spine_y(-50.0) - 24, -50),
    ]
    cava.append((-18, spine_y(-112.0) - 24, -112))
    unlabelled = [
        ([(-28, -18, 175), (-30, -14, 225), (-26, -18, 262)], (10, 9, 8), vein),
        ([(-26, -18, 262), (-42, -8, 290)], (7, 6), vein),
        ([(-26, -18, 262), (10, -28, 272), (42, -6, 290)], (7, 6, 6), vein),
        ([(-4, -16, 262), (-20, -4, 285), (-24, 0, 330)], (6, 5, 4), artery),
        ([(12, 8, 266), (22, 6, 290), (26, 4, 330)], (5, 4, 4), artery),
        ([(14, -34, 196), (12, -22, 222)], (13, 13), vein),
        ([(14, -14, 222), (40, 2, 215)], (10, 7), vein),
        ([(10, -14, 220), (-38, 0, 208)], (9, 7), vein),
        ([(2, spine_y(-100.0) - 29, -100), (32, 14, -150), (60, -30, -235), (80, -62, -300)], (7, 6, 5, 5), artery),
        ([(2, spine_y(-100.0) - 29, -100), (-30, 14, -150), (-60, -30, -235), (-80, -62, -300)], (7, 6, 5, 5), artery),
        ([(-18, spine_y(-112.0) - 24, -112), (36, 24, -155), (56, -20, -235), (70, -58, -300)], (8, 6, 6, 6), vein),
        ([(-18, spine_y(-112.0) - 24, -112), (-30, 24, -155), (-56, -20, -235), (-70, -58, -300)], (8, 6, 6, 6), vein),
        ([(8, -6, 12), (5, -26, -10), (0, -30, -60)], (4, 3.5, 2), artery),
        ([(8, -6, 22), (5, -22, 22)], (4, 3), artery),
        ([(-4, -24, -5), (-14, -18, 15), (-28, -8, 38)], (6, 6, 6), body.tissue["portal vein"]),
        ([(-4, -24, -5), (30, -14, 20), (78, 22, 50)], (5, 4.5, 4), body.tissue["portal vein"]),
        ([(-24, 0, -8), (12, -16, -4), (48, 30, 0)], (5, 4, 5), vein),
        ([(-24, 2, -14), (-48, 30, -14)], (5, 5), vein),
    ]  # fmt: skip
    for course, width, hu in unlabelled:
        view, distance = canvas.tube(course, width)
        view.paint(distance, hu, 0)
    view, distance = canvas.tube(
        body.course("cava", cava, 1.2), np.array((11, 12, 11.5, 11, 10.5, 9.5)) * body.size("cava", 0.1)
    )
    view.paint(distance, body.tissue["cava"], LABELS["inferior_vena_cava"])
    view, distance = canvas.tube(trunk, np.array(radii) * size)
    view.paint(distance, artery, LABELS["aorta"])


def _heart(canvas: Canvas, body: Body) -> None:
    axes = turned(y_deg=35, z_deg=-32)
    centre, size = np.array((16.0, -26.0, 158.0)), body.size("heart")
    view = canvas.view(centre - 80, centre + 80)
    under = 3.0 - diaphragm(view)

    def chamber(offset: ArrayLike, radii: ArrayLike) -> Array:
        return ellipsoid(view, centre + axes @ np.asarray(offset) * size, np.asarray(radii) * size, axes)

    muscle = join(chamber((8, 0, 0), (60, 42, 46)), chamber((-24, 6, 8), (38, 40, 44)), blend_mm=12)
    muscle = common(muscle, under)
    view.paint(common(muscle - 4.0, under + 2.0), body.tissue["fat"] + 15, 0)
    view.paint(muscle, body.tissue["myocardium"], LABELS["heart"])
    chambers = join(chamber((-32, 16, 22), (22, 22, 22)), chamber((-34, -14, 0), (22, 24, 28)), blend_mm=2)
    right_ventricle = chamber((10, -26, -4), (38, 13, 32))
    left_ventricle = chamber((20, 12, 2), (36, 17, 20))
    blood = common(np.minimum(np.minimum(chambers, right_ventricle), left_ventricle), muscle + 3.0)
    view.paint(blood, body.tissue["blood"], inside=LABELS["heart"])


def _gullet(canvas: Canvas, body: Body) -> None:
    path = [(2, spine_y(z) - 24, z) for z in (335.0, 290.0, 250.0, 215.0, 175.0)]
    path += [(8, 20, 140), (16, 8, 112), (32, 0, 96), (44, 2, 88)]
    path_array = body.course("gullet", path, 1.0)
    view, distance = canvas.tube(path_array, [8, 8, 8, 8, 8, 9, 9.5, 9.5, 8])
    view.paint(distance, body.tissue["bowel wall"], LABELS["esophagus"])
    view.paint(distance + 6.0, -500.0, inside=LABELS["esophagus"])
    airway = [([(0, spine_y(z) - 40, z) for z in (335.0, 290.0, 232.0)], (9, 9, 9))]
    airway += [([(0, 3, 234), (sign * 36, 10, 206)], (8, 5)) for sign in (1, -1)]
    for course, radii in airway:
        view, distance = canvas.tube(course, radii)
        view.paint(distance - 1.5, body.tissue["bowel wall"], 0)
        view.paint(distance, -995.0)


def _stomach(canvas: Canvas, body: Body) -> None:
    path = [
        (56, 12, 84),
        (62, -8, 62),
        (60, -32, 30),
        (44, -48, 4),
        (20, -50, -6),
        (-6, -42, 0),
        (-22, -34, 6),
    ]
    radii = np.array((31, 32, 27, 23, 18, 14, 10)) * body.size("stomach", 0.1)
    view, distance = canvas.tube(body.course("stomach", path, 2.5), radii)
    distance = common(distance, diaphragm(view) + 2.5, cavity(view) + 4.0)
    view.paint(distance, body.tissue["bowel wall"], LABELS["stomach"])
    level = body.rng("stomach level").uniform(-45, -15)
    content = np.where(view.height < level, -980.0, body.tissue["stomach content"]).astype(np.float32)
    view.paint(distance + 4.0, content, inside=LABELS["stomach"])


def _pancreas(canvas: Canvas, body: Body) -> None:
    path = [
        (-28, -16, -34),
        (-27, -20, -16),
        (-14, -31, -2),
        (10, -30, 10),
        (38, -14, 22),
        (62, 8, 34),
        (76, 20, 42),
    ]
    radii = np.array((12, 14, 9.5, 10, 10.5, 10, 8)) * body.size("pancreas", 0.1)
    view, distance = canvas.tube(body.course("pancreas", path, 2.0), radii)
    lobules = 1.3 * np.sin(view.x * 0.7) * np.sin(view.z * 0.8) * np.sin(view.y * 0.75)
    view.paint(distance + lobules, body.tissue["pancreas"], LABELS["pancreas"])


def _duodenum(canvas: Canvas, body: Body) -> None:
    path = [(-24, -33, 7), (-40, -26, 8), (-48, -10, -8), (-48, -4, -32), (-40, -4, -52), (-18, -18, -60), (8, -24, -58),
            (28, -22, -44), (34, -26, -26)]  # fmt: skip
    view, distance = canvas.tube(
        body.course("duodenum", path, 2.0), np.full(9, 11.5) * body.size("duodenum", 0.08)
    )
    view.paint(distance, body.tissue["bowel wall"], LABELS["duodenum"])
    gas = np.sin(view.z * 0.21 + body.seed) * np.sin(view.x * 0.17) > 0.72
    view.paint(
        distance + 4.0,
        np.where(gas, -700.0, body.tissue["stomach content"]).astype(np.float32),
        inside=LABELS["duodenum"],
    )


def _gallbladder(canvas: Canvas, body: Body) -> None:
    path = body.course("gallbladder", [(-34, -30, 18), (-44, -46, 2), (-52, -56, -14)], 2.5)
    view, distance = canvas.tube(path, np.array((6, 13, 15)) * body.size("gallbladder", 0.12))
    view.paint(distance, body.tissue["bowel wall"], LABELS["gallbladder"])
    view.paint(distance + 2.0, body.tissue["bile"], inside=LABELS["gallbladder"])


def _adrenals(canvas: Canvas, body: Body) -> None:
    """A Y of two thin limbs behind a short body, above and medial to each kidney."""
    for side, sign, x, y, z in (("left", 1.0, 36, 22, 44), ("right", -1.0, -38, 26, 46)):
        apex = body.course(f"adrenal {side}", [(x, y, z)], 1.5)[0]
        label = LABELS[f"adrenal_gland_{side}"]
        for limb in ((sign * 2, 20, -14), (sign * 15, 17, -14)):
            view, distance = canvas.tube([apex + (0, -5, 14), apex, apex + limb], (3.2, 4.2, 3.2))
            view.paint(distance, body.tissue["adrenal"], label)


def _colon(canvas: Canvas, body: Body) -> None:
    path = [(-84, -22, -138), (-94, -8, -112), (-98, 4, -80), (-96, 6, -50), (-84, -24, -38), (-56, -62, -42), (-10, -74, -52),
            (40, -72, -40), (76, -50, -8), (98, -8, 22), (105, 22, 20), (106, 34, -20), (104, 28, -70), (98, 8, -120),
            (82, -8, -155), (46, -14, -180), (14, 2, -176), (-14, 22, -186), (-2, 40, -206), (0, 46, -236), (0, 40, -275)]  # fmt: skip
    radii = np.array(
        (26, 27, 25, 23, 22, 20, 19, 19, 19, 19, 18, 16, 16, 16, 15, 14, 14, 14, 16, 19, 15)
    ) * body.size("colon", 0.1)
    view, distance = canvas.tube(body.course("colon", path, 3.0), radii)
    haustra = 2.2 * np.sin(view.x * 0.19 + 1.0) * np.sin(view.z * 0.21) + 1.2 * np.sin(view.y * 0.23)
    distance = common(distance + haustra, cavity(view) + 4.0)
    stool = np.sin(view.x * 0.43 + view.z * 0.2) + np.sin(view.y * 0.5) + np.sin(view.z * 0.38 + view.y * 0.2)
    gassy = np.sin(view.z * 0.021 + view.x * 0.017 + body.seed) > -0.1
    gas = gassy & (distance < -5.0 - 0.12 * (view.height + 60.0))
    content = np.where(
        gas, -960.0, np.where(stool > 1.3, -420.0, body.tissue["stool"] + 18.0 * stool)
    ).astype(np.float32)
    view.paint(distance, body.tissue["bowel wall"], LABELS["colon"])
    view.paint(distance + 3.0, content, inside=LABELS["colon"])


def _bowel(canvas: Canvas, body: Body) -> None:
    """Small bowel: unlabelled loops that fill the middle of the abdomen."""
    rng = body.rng("bowel")
    t = np.linspace(0, 1, 44)
    x = 62 * np.sin(2 * np.pi * (5.3 * t + rng.random())) + rng.normal(0, 5, 44)
    y = -32 + 30 * np.sin(2 * np.pi * (8.7 * t + rng.random())) + rng.normal(0, 5, 44)
    z = -62 - 140 * t + 14 * np.sin(2 * np.pi * 6.1 * t)
    view, distance = canvas.tube(np.column_stack([x, y, z]), np.full(44, 12.0))
    distance = common(distance, cavity(view) + 3.0)
    view.paint(distance, body.tissue["bowel wall"])
    gas = np.sin(view.x * 0.09) * np.sin(view.z * 0.11 + body.seed) > 0.6
    view.paint(distance + 3.5, np.where(gas, -800.0, body.tissue["stomach content"]).astype(np.float32))


def _bladder(canvas: Canvas, body: Body) -> None:
    fill = body.rng("bladder").uniform(0.85, 1.18)
    centre = np.array((0.0, -34.0, -243.0 + 12 * fill))
    view = canvas.view(centre - 62, centre + 62)
    below = ellipsoid(view, (0, -22, -276), (24, 20, 18))
    view.paint(below, body.tissue["muscle"] + 5)
    distance = ellipsoid(view, centre, np.array((44, 35, 33)) * fill, turned(x_deg=15))
    view.paint(distance, body.tissue["bowel wall"], LABELS["urinary_bladder"])
    view.paint(distance + 3.0, body.tissue["urine"], inside=LABELS["urinary_bladder"])
