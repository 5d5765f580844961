// How training data frame a digit, done to any bitmap of ink; see digitlab.data.framing.

import { bitmap, boxOf, clipped, cropped, largest, like, made, mean, profiles, rounded, total } from "./grids.js";
import { dilatedByFour, erodedByFour } from "./morphology.js";
import { BOX, resized } from "./resampling.js";

const { fround } = Math;

// The pixels that a model reads, bytes: 0 for paper, 255 for ink. `geometry` is {name, height, width, box, stroke}, and of
// optdigits also `share`, the least and the most of them that is ink.
export function framed(ink, geometry) {
  return geometry.name === "optdigits" ? asOptdigits(ink, geometry) : asMnist(ink, geometry);
}

// Square, areas averaged, peak at 255, mass in the middle.
function asMnist(ink, { height, width, box }) {
  const small = resized(squared(ink), box, box, BOX);
  const peak = fround(Math.max(largest(small.data), 1e-9));
  return centred(like(small, Uint8Array.from(small.data, (value) => rounded(fround(fround(value / peak) * 255)))), height, width);
}

// The ink in the middle of a square as large as its longer side.
function squared(ink) {
  const inside = cropped(ink, boxOf(ink));
  const { height, width } = inside;
  if (Math.min(height, width) === 1) return squared(made(2 * height, 2 * width, Uint8Array, (row, column) => inside.data[(row >> 1) * width + (column >> 1)]));
  const side = Math.max(height, width);
  const [down, across] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)];
  return made(side, side, Float32Array, (row, column) => {
    const [y, x] = [row - down, column - across];
    return y >= 0 && x >= 0 && y < height && x < width ? inside.data[y * width + x] : 0;
  });
}

// A picture put into a larger one by whole pixels, its centre of mass in the middle.
function centred(small, height, width) {
  const { rows, columns } = profiles(small);
  const mass = total(small);
  const place = (sums, whole) => {
    const centre = sums.reduce((all, sum, index) => all + sum * index, 0) / mass;
    return clipped(rounded(whole / 2 - centre), 0, whole - sums.length);
  };
  const [top, left] = [place(rows, height), place(columns, width)];
  const pixels = bitmap(height, width);
  for (let row = 0; row < small.height; row += 1) {
    pixels.data.set(small.data.subarray(row * small.width, (row + 1) * small.width), (top + row) * width + left);
  }
  return pixels;
}

// The ink in 4x4 blocks of a 32x32 bitmap, 0 to 16, spread over the bytes: stretched to 20x32, made as thick as the
// bundled digits are, sheared upright.
function asOptdigits(ink, { height, width, share }) {
  const inside = cropped(ink, boxOf(ink));
  const covered = resized(like(inside, Float32Array.from(inside.data)), 32, 20, BOX);
  const least = Math.min(0.5, largest(covered.data));
  const stretched = made(32, 32, Uint8Array, (row, column) => (column >= 6 && column < 26 && covered.data[row * 20 + column - 6] >= least ? 1 : 0));
  const upright = straightened(ofUsualShare(stretched, share));
  return made(height, width, Uint8Array, (row, column) => {
    let count = 0;
    for (let place = 0; place < 16; place += 1) count += upright.data[(4 * row + (place >> 2)) * 32 + 4 * column + (place & 3)];
    return rounded(count * (255 / 16));
  });
}

function ofUsualShare(ink, [low, high]) {
  let usual = ink;
  for (let time = 0; time < 3; time += 1) {
    if (mean(usual) < low) usual = dilatedByFour(usual);
    else if (mean(usual) > high && total(erodedByFour(usual))) usual = erodedByFour(usual);
  }
  return usual;
}

// Rows shifted so that the first ink of the uppermost one stands above that of the lowest.
function straightened(ink) {
  const { height, width, data } = ink;
  const firsts = Array.from({ length: height }, (_, row) => data.subarray(row * width, (row + 1) * width).indexOf(1));
  const [first, last] = [firsts.findIndex((column) => column >= 0), firsts.findLastIndex((column) => column >= 0)];
  const slant = firsts[first] - firsts[last];
  const shifts = firsts.map((_, row) => rounded((slant * (row - first)) / Math.max(1, last - first)));
  const inked = shifts.filter((_, row) => firsts[row] >= 0);
  const middle = rounded(inked.reduce((sum, shift) => sum + shift, 0) / inked.length);
  return made(height, width, Uint8Array, (row, column) => data[row * width + ((((column - shifts[row] + middle) % width) + width) % width)]);
}
