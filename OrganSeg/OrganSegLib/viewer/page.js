"use strict";

// Patient coordinates are LPS millimetres: x grows to the left, y to the back, z to the head.
const LETTERS = [["L", "R"], ["P", "A"], ["S", "I"]];
const VIEWS = {
  Front: { from: [0, -1, 0], up: [0, 0, 1] },
  Back: { from: [0, 1, 0], up: [0, 0, 1] },
  Left: { from: [1, 0, 0], up: [0, 0, 1] },
  Right: { from: [-1, 0, 0], up: [0, 0, 1] },
  Top: { from: [0, 0, 1], up: [0, -1, 0] },
};
// As dragging there does: the camera's motion and degrees.
const KEYS = {
  ArrowLeft: ["azimuth", 10],
  ArrowRight: ["azimuth", -10],
  ArrowUp: ["elevation", -10],
  ArrowDown: ["elevation", 10],
};
const MARKS = { note: "◆", warning: "▲" };
const MARGIN = 1.25; // around the organs in a fitted view, for buttons and letters
const GLASS = 0.5; // opacity below which a click goes through an organ to what is seen behind it
const DRAG_PX = 5; // a pointer that moves farther turns the view and chooses nothing

const content = JSON.parse(document.getElementById("content").textContent);
let view = null; // vtk.js's view inside <vtk-view>
let grasped = [0, 0]; // where the pointer went down

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Base64 as an array of numbers. */
function numbers(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/** A mesh as vtk.js wants it: millimetres, and each triangle led by the number of its corners. */
function unpacked({ points, normals, triangles }) {
  const { origin, step } = content.lattice;
  const lattice = numbers(points, Uint16Array);
  const corners = numbers(triangles, lattice.length / 3 > 65536 ? Uint32Array : Uint16Array);
  const polys = new Uint32Array((corners.length / 3) * 4);
  for (let from = 0, to = 0; from < corners.length; from += 3, to += 4) {
    polys.set([3, corners[from], corners[from + 1], corners[from + 2]], to);
  }
  return Vue.markRaw({
    points: Float32Array.from(lattice, (value, place) => origin[place % 3] + step * value),
    normals: numbers(normals, Int8Array),
    polys,
  });
}

function organ(entry, place) {
  const mesh = entry.mesh && unpacked(entry.mesh);
  return { ...entry, id: String(place), css: `rgb(${entry.colour})`, visible: true, mesh };
}

/** The patient's direction that a vector points to most. */
function direction(vector) {
  const sizes = vector.map(Math.abs);
  const axis = sizes.indexOf(Math.max(...sizes));
  return LETTERS[axis][vector[axis] > 0 ? 0 : 1];
}

const page = Vue.createApp({
  data: () => ({
    organs: content.organs.map(organ),
    checks: content.checks,
    chosen: null,
    drawn: false,
    edges: {},
    views: VIEWS,
    marks: MARKS,
  }),

  computed: {
    found() {
      return this.organs.filter(({ mesh }) => mesh);
    },
    /** Why there is nothing to draw, or nothing to draw with. */
    problem() {
      if (!this.found.length) return "None of the organs was found in this scan.";
      const context = document.createElement("canvas").getContext("webgl2");
      return context ? "" : "This browser shows no 3D: WebGL 2 is missing or switched off.";
    },
    background() {
      const colour = getComputedStyle(document.documentElement).getPropertyValue("--background");
      return [1, 3, 5].map((at) => parseInt(colour.trim().slice(at, at + 2), 16) / 255);
    },
  },

  mounted() {
    if (!view) return;
    view.activeCamera.onModified(this.nameEdges);
    this.turn("Front");
    this.drawn = true;
  },

  methods: {
    take(inner) {
      view = inner;
    },

    /** vtk.js's property of an organ: how it looks. Only outer sides are drawn: neighbours touch exactly. */
    look({ colour, opacity, id }) {
      const lit = this.chosen?.id === id;
      return {
        color: colour.map((channel) => channel / 255),
        opacity,
        ambient: lit ? 0.5 : 0.12,
        diffuse: lit ? 0.6 : 0.8,
        specular: 0.12,
        specularPower: 20,
        backfaceCulling: true,
      };
    },

    show(visible) {
      for (const each of this.organs) each.visible = visible;
    },

    choose(organ) {
      this.chosen = organ;
      if (organ) document.getElementById(`row-${organ.id}`).scrollIntoView({ block: "nearest" });
    },

    reset() {
      this.turn("Front");
    },

    turn(name) {
      const { from, up } = VIEWS[name];
      const camera = view.activeCamera;
      const distance = camera.getDistance();
      camera.setPosition(...camera.getFocalPoint().map((at, axis) => at + distance * from[axis]));
      camera.setViewUp(...up);
      view.resetCamera();
    },

    /** Move the camera along its direction until the visible organs fill the view. */
    fit() {
      const camera = view.activeCamera;
      const bounds = view.renderer.computeVisiblePropBounds();
      if (bounds[0] > bounds[1]) return;
      const half = [0, 2, 4].map((low) => (bounds[low + 1] - bounds[low]) / 2);
      const along = camera.getDirectionOfProjection();
      const up = camera.getViewUp();
      const reach = (axis) => dot(axis.map(Math.abs), half);
      const [width, height] = view.openglRenderWindow.getSize();
      const needed = Math.max(reach(up), (reach(cross(along, up)) * height) / width);
      const distance = (MARGIN * needed) / Math.tan((camera.getViewAngle() * Math.PI) / 360) + reach(along);
      camera.setPosition(...camera.getFocalPoint().map((at, axis) => at - distance * along[axis]));
      view.render();
    },

    /** Name the patient's directions at the edges of the view. */
    nameEdges() {
      const up = view.activeCamera.getViewUp();
      const right = cross(view.activeCamera.getDirectionOfProjection(), up);
      const [left, down] = [right, up].map((vector) => vector.map((part) => -part));
      this.edges = { left: direction(left), right: direction(right), top: direction(up), bottom: direction(down) };
    },

    /** Turn by the arrow keys. */
    steer({ key }) {
      if (!(key in KEYS)) return;
      const [motion, degrees] = KEYS[key];
      view.activeCamera[motion](degrees);
      view.activeCamera.orthogonalizeViewUp();
      view.render();
    },

    grasp({ clientX, clientY }) {
      grasped = [clientX, clientY];
    },

    pick(event) {
      if (Math.hypot(event.clientX - grasped[0], event.clientY - grasped[1]) > DRAG_PX) return;
      const solid = this.found.filter(({ opacity }) => opacity >= GLASS);
      this.choose(this.under(event, solid) ?? this.under(event, this.found) ?? null);
    },

    /** The foremost of some organs at the pointer. */
    under(event, organs) {
      const ids = new Set(organs.map(({ id }) => id));
      for (const actor of view.renderer.getActors()) {
        actor.setPickable(ids.has(actor.get("representationId").representationId));
      }
      const { x, y } = view.getScreenEventPositionFor(event);
      const hit = view.pick(x, y, x, y)?.[0];
      return organs.find(({ id }) => id === hit?.representationId);
    },
  },
});

// Stands inside <vtk-view> and hands out the view that the component provides to its children.
page.component("ViewHandle", {
  emits: ["view"],
  setup(_, { emit }) {
    emit("view", Vue.inject("view"));
    return () => null;
  },
});
page.use(vue_vtk);
page.mount("#page");
