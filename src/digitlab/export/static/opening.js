// Pictures as browsers open them, made into three planes of bytes: what is transparent is laid on paper; see
// digitlab.recognition.opening.

import { grid, mean, median } from "./grids.js";
import { shrunk } from "./resampling.js";

const WORKING_SIDE = 1600;
// What some browsers' canvases can hold.
const MOST_PIXELS = 16_000_000;
const LIGHT_INK = 160;

// Return the planes of an image that can be drawn.
export function planesOf(image) {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (image.width * image.height)));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.floor(side * scale)));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);
  return shrunk(onPaper(context.getImageData(0, 0, width, height).data, height, width), WORKING_SIDE);
}

function onPaper(data, height, width) {
  const part = (channel) => new Uint8Array(height * width).map((_, place) => data[4 * place + channel]);
  const [colours, cover] = [[0, 1, 2].map(part), part(3)];
  const isOpaque = cover.every((value) => value === 255);
  const papers = isOpaque ? [0, 0, 0] : papersUnder(colours, cover);
  const laid = (value, place, paper) => Math.round((value * cover[place] + paper * (255 - cover[place])) / 255);
  return colours.map((colour, index) => grid(height, width, isOpaque ? colour : colour.map((value, place) => laid(value, place, papers[index]))));
}

// The paper's colour: that of the picture if it fills most of it, else what its ink shows on.
function papersUnder(colours, cover) {
  const seen = colours.map((colour) => colour.filter((_, place) => cover[place] > 127));
  if (seen[0].length > cover.length / 2) return seen.map(median);
  const isLight = seen[0].length > 0 && seen.reduce((sum, data) => sum + mean({ data }), 0) / 3 > LIGHT_INK;
  return Array(3).fill(isLight ? 0 : 255);
}
