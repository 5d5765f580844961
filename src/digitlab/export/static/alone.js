// The page that needs no server: what is drawn is read here.

import { showSteps } from "../../web/static/behind.js";
import { Card, sentenceOf } from "../../web/static/cards.js";
import { byId } from "../../web/static/dom.js";
import { Pad } from "../../web/static/pad.js";
import { imageOf, listenForPictures } from "../../web/static/pictures.js";
import { listenToTools, showTools } from "../../web/static/tools.js";
import { planesOf } from "./opening.js";
import { Reader } from "./reader.js";

const PAUSE_MS = 80;
const CANNOT_OPEN = "This browser cannot open that picture, so nothing was read. Save it as PNG or JPEG.";

const reader = new Reader(JSON.parse(byId("told").textContent));
const { facts } = reader;
const { name } = facts.model;
const card = new Card({ name, image_shape: facts.image_shape, validation_accuracy: facts.validation.accuracy });
const pad = new Pad(byId("pad"));
let [revision, placed, timer] = [0, 0, 0];
// Between one reading and the next while drawing: the slower the machine, the longer.
let pause = PAUSE_MS;

// For whoever puts the page into another, or asks it from the console: digitlab.read(canvas or image).
globalThis.digitlab = { reader, planesOf, read: (image) => reader.read(planesOf(image)) };

start();

function start() {
  document.documentElement.classList.toggle("has-touch", navigator.maxTouchPoints > 0);
  byId("cards").replaceChildren(card.node);
  byId("difference").textContent = reader.difference.toExponential(0);
  pad.addEventListener("change", changed);
  listenToTools(pad);
  listenForPictures(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAgain);
  changed();
}

async function place(file) {
  const number = ++placed;
  const image = await imageOf(file);
  if (number !== placed) return;
  if (image) pad.place(file, image);
  else complain(CANNOT_OPEN);
}

function changed() {
  revision += 1;
  byId("hint").hidden = !pad.isEmpty;
  showTools(pad);
  byId("notice").hidden = true;
  if (pad.isEmpty) show(null);
  else if (!pad.drawing) read();
  else timer ||= setTimeout(read, pause);
}

async function read() {
  clearTimeout(timer);
  timer = 0;
  const asked = revision;
  const image = await imageOf(await pad.file());
  if (pad.isEmpty || (asked !== revision && !pad.drawing)) return;
  const begin = performance.now();
  show(reader.read(planesOf(image)), image);
  pause = Math.max(PAUSE_MS, 2 * (performance.now() - begin));
}

function show(answer, image) {
  byId("guide").hidden = answer !== null;
  byId("path").hidden = answer === null;
  card.show(answer && { ...answer, pixels: rowsOf(answer.pixels) });
  byId("said").textContent = answer && !pad.drawing ? sentenceOf([{ ...answer, name }]) : "";
  if (answer) showSteps({ stages: [{ name: "picture", picture: addressOf(image) }, ...answer.stages.map(shown)] });
}

// The colours have changed.
function showAgain() {
  pad.redraw();
  changed();
}

function complain(message) {
  byId("notice").textContent = message;
  byId("notice").hidden = false;
}

const rowsOf = ({ height, width, data }) => Array.from({ length: height }, (_, row) => data.subarray(row * width, (row + 1) * width));

const shown = ([name, { height, width, data }]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const image = new ImageData(width, height);
  data.forEach((value, place) => image.data.set([value, value, value, 255], 4 * place));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { name, picture: canvas.toDataURL() };
};

// The address of an image of this size or smaller.
function addressOf(image) {
  const scale = Math.min(1, 400 / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return canvas.toDataURL();
}
