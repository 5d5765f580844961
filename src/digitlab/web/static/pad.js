// The drawing pad: strokes and pictures, taken back and done again.

import { css } from "./paint.js";

const UPLOAD_HEIGHT = 280;
const STEP = 1 / 40;
const FINE_STEP = 1 / 160;
const EDGE = 0.02;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// Tells of every change by an event `change`. What is there is a list of actions and how many of them hold: a stroke is
// {points: [{x, y, width}], reach}, a picture {picture, image, aspect}, and {} clears. Points are measured from the
// middle of the pad, with its height as 1; reach is how far from there the pad went when the stroke was drawn, aspect
// how wide it was. A pad that has become narrower shows everything smaller, so that nothing is lost.
export class Pad extends EventTarget {
  penWidth = 0.06;
  drawing = false;
  #canvas;
  #actions = [];
  #done = 0;
  #cursor = null;
  #pointer = null;
  #frame = 0;

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    new ResizeObserver(() => this.redraw()).observe(canvas);
    this.#listen();
  }

  get isEmpty() {
    return this.#shown().length === 0;
  }

  get canUndo() {
    return this.#done > 0;
  }

  get canRedo() {
    return this.#done < this.#actions.length;
  }

  // The picture that is on the pad with nothing drawn on it, or null.
  get picture() {
    const shown = this.#shown();
    return shown.length === 1 && shown[0].picture ? shown[0] : null;
  }

  undo() {
    this.#end();
    if (this.canUndo) this.#done -= 1;
    this.#changed();
  }

  redo() {
    if (this.canRedo) this.#done += 1;
    this.#changed();
  }

  clear() {
    this.#end();
    if (!this.isEmpty) this.#add({});
  }

  // Put a picture on the pad. Its image may be null where the browser cannot show it.
  place(picture, image) {
    this.#end();
    this.#add({ picture, image, aspect: this.#aspect });
  }

  // Return what is on the pad as a file: the picture itself, or what is drawn, dark on white.
  async file() {
    if (this.picture) return this.picture.picture;
    return this.#painted("rgb(0 0 0)", "rgb(255 255 255)").convertToBlob({ type: "image/png" });
  }

  // Return what is on the pad as an image of the same shape, in the colours of the page; null where it cannot be shown.
  image() {
    return this.picture ? this.picture.image : this.#painted(css("--ink"), css("--paper"));
  }

  redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  get #aspect() {
    return this.#canvas.clientWidth / this.#canvas.clientHeight || 1;
  }

  // How much smaller than it was drawn everything is shown.
  get #scale() {
    if (this.picture) return 1;
    const { x, y } = this.#shown().map(extent).reduce(larger, { x: 0, y: 0 });
    return Math.min(1, this.#aspect / 2 / x, 0.5 / y);
  }

  // How far the pad goes from its middle.
  get #reach() {
    return { x: this.#aspect / 2 / this.#scale, y: 0.5 / this.#scale };
  }

  #shown() {
    const done = this.#actions.slice(0, this.#done);
    const last = done.findLastIndex((action) => !action.points);
    return done.slice(last < 0 ? 0 : last).filter((action) => action.points || action.picture);
  }

  #add(action) {
    this.#actions.length = this.#done;
    this.#actions.push(action);
    this.#done += 1;
    this.#changed(!action.points);
  }

  // Tell of a change; `anew` where what was there before is no part of it.
  #changed(anew = true) {
    this.redraw();
    this.dispatchEvent(new CustomEvent("change", { detail: { anew } }));
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => event.pointerId === this.#pointer && this.#end());
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => {
      canvas.classList.remove("by-pointer");
      this.#cursor = null;
      this.#end();
      this.redraw();
    });
  }

  #down(event) {
    if (event.button !== 0 || this.#pointer !== null) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.classList.add("by-pointer");
    this.#canvas.setPointerCapture(event.pointerId);
    this.#end();
    this.#cursor = null;
    this.#pointer = event.pointerId;
    this.#begin(this.#point(event));
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#extend(this.#point(each));
  }

  #begin(point) {
    this.drawing = true;
    // What is drawn on a picture stays where it is on it.
    if (this.picture) this.picture.aspect = this.#aspect;
    this.#add({ points: [point], reach: this.#reach });
  }

  #extend(point) {
    if (!this.drawing) return;
    this.#actions[this.#done - 1].points.push(point);
    this.#changed(false);
  }

  #end() {
    this.#pointer = null;
    if (!this.drawing) return;
    this.drawing = false;
    this.#changed(false);
  }

  // Where a pointer is; only a pen's pressure means something.
  #point(event) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? 0.4 + 1.2 * event.pressure : 1;
    const unit = height * this.#scale;
    return {
      x: (event.clientX - left - width / 2) / unit,
      y: (event.clientY - top - height / 2) / unit,
      width: (this.penWidth * pressure) / this.#scale,
    };
  }

  #key(event) {
    this.#canvas.classList.remove("by-pointer");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) this.#steer(ARROWS[event.key], event.shiftKey ? FINE_STEP : STEP);
    else if (event.key === " ") this.#toggle();
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else return;
    event.preventDefault();
  }

  #steer([x, y], step) {
    const [from, reach] = [this.#cursor ?? this.#origin, this.#reach];
    const kept = (value, most) => Math.min(most - EDGE, Math.max(EDGE - most, value));
    this.#cursor = { x: kept(from.x + x * step, reach.x), y: kept(from.y + y * step, reach.y) };
    if (this.drawing) this.#extend({ ...this.#cursor, width: this.penWidth });
    this.redraw();
  }

  // Where the pen is before it is moved: on a wide pad, where the first digit goes.
  get #origin() {
    return { x: (1 - this.#aspect) / 2, y: -0.25 };
  }

  #toggle() {
    if (this.drawing) {
      this.#end();
    } else {
      this.#cursor ??= this.#origin;
      this.#begin({ ...this.#cursor, width: this.penWidth });
    }
  }

  #draw() {
    const [width, height] = [this.#canvas.clientWidth, this.#canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#paint(this.#canvas, css("--ink"), css("--paper"));
    if (this.#cursor) drawCursor(this.#canvas, this.#cursor, this.#scale, this.drawing);
  }

  #painted(ink, paper) {
    const canvas = new OffscreenCanvas(Math.round(UPLOAD_HEIGHT * this.#aspect), UPLOAD_HEIGHT);
    this.#paint(canvas, ink, paper);
    return canvas;
  }

  #paint(canvas, ink, paper) {
    const context = canvas.getContext("2d");
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.save();
    context.translate(canvas.width / 2, canvas.height / 2);
    context.scale(canvas.height * this.#scale, canvas.height * this.#scale);
    context.strokeStyle = context.fillStyle = ink;
    context.lineCap = context.lineJoin = "round";
    for (const action of this.#shown()) {
      if (action.points) drawStroke(context, action.points);
      else if (action.image) drawImage(context, action.image, this.picture ? this.#aspect : action.aspect);
    }
    context.restore();
  }
}

const larger = (one, other) => ({ x: Math.max(one.x, other.x), y: Math.max(one.y, other.y) });

// How far from the middle a picture, or what is seen of a stroke, goes.
function extent({ points, reach, aspect }) {
  if (!points) return { x: aspect / 2, y: 0.5 };
  const ends = points.map(({ x, y, width }) => ({ x: Math.abs(x) + width / 2, y: Math.abs(y) + width / 2 }));
  const { x, y } = ends.reduce(larger);
  return { x: Math.min(x, reach.x), y: Math.min(y, reach.y) };
}

// Draw a stroke as curves through the middles between its points, each as wide as the pen was there.
function drawStroke(context, points) {
  let from = points[0];
  context.beginPath();
  context.arc(from.x, from.y, from.width / 2, 0, 2 * Math.PI);
  context.fill();
  points.forEach((point, index) => {
    const next = points[index + 1];
    const to = next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : point;
    context.lineWidth = point.width;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.quadraticCurveTo(point.x, point.y, to.x, to.y);
    context.stroke();
    from = to;
  });
}

function drawImage(context, image, aspect) {
  const scale = Math.min(aspect / image.width, 1 / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  context.drawImage(image, -width / 2, -height / 2, width, height);
}

function drawCursor(canvas, { x, y }, scale, down) {
  const [context, unit] = [canvas.getContext("2d"), canvas.height];
  context.strokeStyle = css("--accent");
  context.lineWidth = unit / 160;
  context.beginPath();
  context.arc(canvas.width / 2 + x * scale * unit, unit / 2 + y * scale * unit, unit / (down ? 50 : 30), 0, 2 * Math.PI);
  context.stroke();
}
