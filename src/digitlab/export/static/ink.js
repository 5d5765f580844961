// Ink: any picture made into the pixels that a model was trained on; see digitlab.recognition.ink, whose steps and limits
// these are.

import { boxOf, clipped, cropped, grid, like, made, padded, rounded, total, where, without } from "./grids.js";
import { inside, withoutFrames, withoutLines, withoutStrays } from "./cleaning.js";
import { framed } from "./framing.js";
import { dilatedByFour, smoothed } from "./morphology.js";
import { contrastOf } from "./paper.js";
import { BICUBIC, BOX, resized } from "./resampling.js";
import { onItsSheet } from "./sheet.js";
import { strokeWidth, withWidth, withoutPinholes } from "./strokes.js";

const LEAST_SIDE = 160;
const MOST_SIDE = 400;
const BITMAP_SIDE = 64;
const FINE = 8;
const SMOOTH = 0.2;
const PINHOLE = 0.5;
const SMALL = 0.4;
const AROUND = 0.35;
const HALF = 0.5;
const NOISE_LIMIT = 4;
const FAINTEST = 0.03;
const SCATTERED = 0.35;

// Find the digit in a picture, three planes of bytes, and frame it as training digits are: the pixels, the stages on the
// way, the box in the picture (or null), and why there is nothing to read.
export function prepare(picture, geometry) {
  const found = findInk(picture);
  const stages = [["ink", bytes(found.ink)], ["digit", bytes(found.kept)]];
  const nothing = whyNothing(found);
  if (nothing) return { pixels: blank(geometry), stages, box: null, digit: found.kept, nothing };
  const { wide, pixels } = frameInk(found, geometry);
  return {
    pixels,
    stages: [...stages, ["strokes", bytes(wide)], ["pixels", pixels]],
    box: boxInPicture(found),
    digit: found.kept,
    nothing,
  };
}

export const blank = ({ height, width }) => grid(height, width, new Uint8Array(height * width));

function whyNothing({ kept, specks, strength }) {
  const size = total(kept);
  if (!size) return "nothing drawn";
  if (strength < FAINTEST) return "too faint";
  if (size < SCATTERED * (size + total(specks))) return "nothing drawn that stands out: there are specks all over the picture";
  return "";
}

// The box of what was found, in the picture's own pixels.
function boxInPicture({ kept, scale, offset: [down, across] }) {
  const [top, left, bottom, right] = boxOf(kept);
  return [down + Math.trunc(top / scale), across + Math.trunc(left / scale), down + Math.ceil(bottom / scale), across + Math.ceil(right / scale)];
}

const longerSide = ([{ height, width }]) => Math.max(height, width);

// A digit that is small in its picture is looked for, and then looked at again alone.
function findInk(whole) {
  const picture = longerSide(whole) >= BITMAP_SIDE ? onItsSheet(whole) : whole;
  const [{ height, width }] = picture;
  const found = find(picture);
  if (whyNothing(found)) return found;
  const box = boxInPicture(found);
  const size = Math.max(box[2] - box[0], box[3] - box[1]);
  if (size > SMALL * longerSide(picture)) return found;
  const around = Math.trunc(AROUND * size) + 2;
  const [top, left] = [Math.max(0, box[0] - around), Math.max(0, box[1] - around)];
  const window = [top, left, Math.min(height, box[2] + around), Math.min(width, box[3] + around)];
  const closer = find(picture.map((plane) => cropped(plane, window)), removedIn(found, window));
  return whyNothing(closer) ? found : { ...closer, offset: [top, left] };
}

// What was removed in a part of the picture, a pixel for each of the picture's.
function removedIn({ ink, kept, threshold, scale }, [top, left, bottom, right]) {
  const near = (start, index, most) => Math.min(Math.trunc((start + index) * scale), most - 1);
  return made(bottom - top, right - left, Uint8Array, (row, column) => {
    const place = near(top, row, ink.height) * ink.width + near(left, column, ink.width);
    return ink.data[place] > threshold && !kept.data[place] ? 1 : 0;
  });
}

function find(picture, removed = null) {
  const { sized, scale } = sizedToSearch(picture);
  const isPhoto = longerSide(picture) >= BITMAP_SIDE;
  const { ink, strength, noise } = contrastOf(sized, isPhoto);
  const threshold = Math.max(HALF, NOISE_LIMIT * noise);
  let kept = where((amount) => amount > threshold, ink);
  if (removed !== null) kept = without(kept, dilatedByFour(enlarged(removed, kept)));
  if (isPhoto) kept = withoutFrames(withoutLines(kept));
  const written = withoutStrays(kept);
  return { ink, threshold, kept: written, specks: inside(without(kept, written)), scale, offset: [0, 0], strength };
}

// As large as another, each pixel that of the place it comes from.
function enlarged(small, { height, width }) {
  const from = (index, size, newSize) => Math.floor(((index + 0.5) * size) / newSize);
  return made(height, width, Uint8Array, (row, column) => small.data[from(row, small.height, height) * small.width + from(column, small.width, width)]);
}

function sizedToSearch(picture) {
  const [{ height, width }] = picture;
  const side = Math.max(height, width);
  const scale = clipped(side, LEAST_SIDE, MOST_SIDE) / side;
  if (scale === 1) return { sized: picture, scale };
  const [newHeight, newWidth] = [height, width].map((length) => Math.max(1, rounded(length * scale)));
  return { sized: picture.map((plane) => resized(plane, newHeight, newWidth, scale > 1 ? BICUBIC : BOX)), scale };
}

// Frame the ink that was found as training digits are.
function frameInk(found, geometry) {
  const [top, left, bottom, right] = boxOf(found.kept);
  const detail = Math.max(FINE, Math.max(bottom - top, right - left) / geometry.box);
  const fine = withoutPinholes(fineOf(found, geometry.box * detail, SMOOTH * detail), PINHOLE * detail ** 2);
  const width = strokeWidth(fine) / detail;
  const [low, usual, high] = geometry.stroke;
  const bears = (low <= width && width <= high) || geometry.name === "optdigits";
  const wide = bears ? fine : withWidth(fine, usual * detail);
  return { wide, pixels: framed(wide, geometry) };
}

// The ink drawn anew, its longer side so long.
function fineOf({ ink, kept, threshold }, length, smooth) {
  const [top, left, bottom, right] = boxOf(kept);
  const near = padded(dilatedByFour(cropped(kept, [top, left, bottom, right])), 1);
  const at = (start, index, most) => clipped(start - 1 + index, 0, most - 1);
  const amount = made(near.height, near.width, Float32Array, (row, column) => {
    const found = near.data[row * near.width + column] ? ink.data[at(top, row, ink.height) * ink.width + at(left, column, ink.width)] : 0;
    return found - threshold;
  });
  const scale = length / Math.max(bottom - top, right - left);
  const [height, width] = [near.height, near.width].map((side) => Math.max(1, rounded(side * scale)));
  const fine = withSmoothEdges(resized(amount, height, width, BICUBIC), smooth);
  return total(fine) ? fine : grid(1, 1, Uint8Array.of(1));
}

// Where there is ink, its edges smoothed where strokes are wide enough to bear it.
function withSmoothEdges(amount, smooth) {
  const sharp = where((value) => value > 0, amount);
  return strokeWidth(sharp) < 4 * smooth ? sharp : where((value) => value > 0, smoothed(amount, smooth));
}

const bytes = (ink) => like(ink, new Uint8Array(Float32Array.from(ink.data).map((value) => rounded(clipped(value, 0, 1) * 255))));
