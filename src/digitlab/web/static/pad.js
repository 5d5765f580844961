// The drawing pad: strokes and pictures, taken back and done again.

import { colour, css } from "./paint.js";

const UPLOAD_SIDE = 280;
const STEP = 1 / 40;
const FINE_STEP = 1 / 160;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// Tells of every change by an event `change`. What is there is a list of actions and how many of them hold: a stroke is
// {points: [{x, y, width}]} with the pad's side as 1, a picture {picture, image}, and {} clears.
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
    this.#add({ picture, image });
  }

  // Return what is on the pad as a file: the picture itself, or what is drawn, dark on white.
  async file() {
    if (this.picture) return this.picture.picture;
    const canvas = new OffscreenCanvas(UPLOAD_SIDE, UPLOAD_SIDE);
    this.#paint(canvas, "rgb(0 0 0)", "rgb(255 255 255)");
    return canvas.convertToBlob({ type: "image/png" });
  }

  redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
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
    this.#add({ points: [point] });
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
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? 0.4 + 1.2 * event.pressure : 1;
    return {
      x: (event.clientX - left) / width,
      y: (event.clientY - top) / width,
      width: this.penWidth * pressure,
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
    const from = this.#cursor ?? { x: 0.5, y: 0.25 };
    const kept = (value) => Math.min(0.98, Math.max(0.02, value));
    this.#cursor = { x: kept(from.x + x * step), y: kept(from.y + y * step) };
    if (this.drawing) this.#extend({ ...this.#cursor, width: this.penWidth });
    this.redraw();
  }

  #toggle() {
    if (this.drawing) {
      this.#end();
    } else {
      this.#cursor ??= { x: 0.5, y: 0.25 };
      this.#begin({ ...this.#cursor, width: this.penWidth });
    }
  }

  #draw() {
    const side = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    this.#paint(this.#canvas, css("--ink"), css("--paper"));
    if (this.#cursor) drawCursor(this.#canvas, this.#cursor, this.drawing);
  }

  #paint(canvas, ink, paper) {
    const context = canvas.getContext("2d");
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.save();
    context.scale(canvas.width, canvas.width);
    context.strokeStyle = context.fillStyle = ink;
    context.lineCap = context.lineJoin = "round";
    for (const action of this.#shown()) {
      if (action.points) drawStroke(context, action.points);
      else if (action.image) drawImage(context, action.image);
    }
    context.restore();
  }
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

function drawImage(context, image) {
  const scale = 1 / Math.max(image.width, image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  context.drawImage(image, (1 - width) / 2, (1 - height) / 2, width, height);
}

function drawCursor(canvas, { x, y }, down) {
  const context = canvas.getContext("2d");
  context.strokeStyle = `rgb(${colour("--accent").join(" ")})`;
  context.lineWidth = canvas.width / 160;
  context.beginPath();
  context.arc(x * canvas.width, y * canvas.width, canvas.width / (down ? 50 : 30), 0, 2 * Math.PI);
  context.stroke();
}
