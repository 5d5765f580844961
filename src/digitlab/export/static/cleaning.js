// What is no digit, taken away: ruled lines, boxes to write in, specks, neighbours cut off by the border; see
// digitlab.recognition.cleaning, whose limits these are.

import { and, any, bitmap, boxOf, cropped, largest, like, median, or, profiles, rotated, rounded, total, turned, where, without } from "./grids.js";
import { closing, dilated, label, maximumDown, opening, partsOf } from "./morphology.js";

const LINE_COVER = 0.65;
const LINE_END = 0.03;
const LINE_THICKNESS = 0.04;
const STEEPEST = 0.08;
const SLOPES = 17;
const BEYOND = 0.04;
const FRAME_COVER = 0.65;
const FRAME_DEPTH = 0.12;
const FRAME_LINE = 0.08;
const FRAME_RUN = 0.2;
const SPECK = 0.03;
const INTRUDER = 0.35;
const SMALL = 0.3;
const NEAR = 0.4;
const REACH = 0.2;

// The ink without ruled lines, level or upright, but with what crosses them.
export function withoutLines(ink) {
  const lines = or(levelLines(ink), turned(levelLines(turned(ink))));
  if (!any(lines)) return ink;
  const rest = without(ink, dilated(lines));
  if (!any(rest) || !standsFree(withoutStrays(rest))) return ink;
  return without(ink, without(lines, crossings(ink, lines)));
}

// The ink without a box that was printed around what was written.
export function withoutFrames(ink) {
  const { numbers, count, boxes } = label(ink);
  let left = ink;
  for (let number = 1; number <= count; number += 1) {
    const box = boxes[number];
    const part = where((each) => each === number, cropped(numbers, box));
    const frame = frameOf(part, cutOff(box, ink));
    const inBox = cropped(left, box);
    if (any(frame) && total(without(inBox, dilated(frame))) > SPECK * total(frame)) {
      left = replaced(left, box, without(inBox, without(frame, crossings(inBox, frame))));
    }
  }
  return left;
}

function replaced(whole, [top, left], part) {
  const data = whole.data.slice();
  for (let row = 0; row < part.height; row += 1) {
    data.set(part.data.subarray(row * part.width, (row + 1) * part.width), (top + row) * whole.width + left);
  }
  return like(whole, data);
}

// The ink without specks and without what reaches in from the border.
export function withoutStrays(ink) {
  const parts = label(ink);
  const { count, sizes, boxes } = parts;
  if (count < 2) return ink;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const isInside = boxes.map((box) => box !== null && !isStray(box, ink));
  const counted = numbers.map((number) => (isInside.includes(true) && !isInside[number] ? 0 : sizes[number]));
  const main = 1 + counted.indexOf(largest(counted));
  const most = sizes[main];
  return partsOf(parts, (number) => {
    const size = sizes[number];
    const isNear = gap(boxes[number], boxes[main]) < NEAR * lengthOf(boxes[main]);
    return size >= SPECK * most && (isInside[number] || (isNear && size >= INTRUDER * most)) && (isNear || size >= SMALL * most);
  });
}

// The parts of ink that the picture's border does not cut off.
export function inside(ink) {
  const parts = label(ink);
  return partsOf(parts, (number) => !cutOff(parts.boxes[number], ink).includes(true));
}

// Where thin lines run from side to side, at any slope up to the steepest.
function levelLines(ink) {
  const { height, width } = ink;
  const thickest = Math.max(2, rounded(LINE_THICKNESS * height));
  const thin = without(ink, opening(ink, thickest + 1, 1));
  const lines = bitmap(height, width);
  if (covered(profiles(thin).columns) < LINE_COVER) return lines;
  const edge = Math.max(1, rounded(LINE_END * width));
  for (let number = 0; number < SLOPES; number += 1) {
    const slope = number === SLOPES - 1 ? STEEPEST : number * ((2 * STEEPEST) / (SLOPES - 1)) - STEEPEST;
    const drops = Array.from({ length: width }, (_, column) => rounded(slope * (column - width / 2)));
    const placeOf = (row, column) => modulo(row + drops[column], height) * width + column;
    const level = like(ink, new Uint8Array(height * width));
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) level.data[row * width + column] = thin.data[placeOf(row, column)];
    }
    const along = maximumDown(level, 3);
    for (let row = 0; row < height; row += 1) {
      const line = along.data.subarray(row * width, (row + 1) * width);
      if (!line.subarray(0, edge).includes(1) || !line.subarray(width - edge).includes(1) || covered(line) < LINE_COVER) continue;
      for (let near = -thickest; near <= thickest; near += 1) {
        for (let column = 0; column < width; column += 1) {
          const place = placeOf(row + near, column);
          lines.data[place] |= thin.data[place];
        }
      }
    }
  }
  return lines;
}

const modulo = (value, length) => ((value % length) + length) % length;
const covered = (counts) => counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0) / counts.length;

// Whether the rest keeps away from two borders that face each other.
function standsFree(rest) {
  const { height, width } = rest;
  const [top, left, bottom, right] = boxOf(rest);
  return (left > BEYOND * width && right < (1 - BEYOND) * width) || (top > BEYOND * height && bottom < (1 - BEYOND) * height);
}

// Which sides of a part lie on the picture's border: top, bottom, left, right.
const cutOff = ([top, left, bottom, right], { height, width }) => [top === 0, bottom === height, left === 0, right === width];

// The sides of a part that is a box, without what touches them; nothing where it is none.
function frameOf(part, isCutOff) {
  const turns = [0, 2, 3, 1];
  const sides = turns.map((times) => sideOf(rotated(part, times)));
  const isDrawn = sides.map(any);
  const count = isDrawn.filter(Boolean).length;
  if (count < 2 || !isDrawn.every((each, side) => each || isCutOff[side])) return like(part, new Uint8Array(part.data.length));
  return sides.map((side, index) => rotated(side, -turns[index])).reduce(or);
}

// The level line along the upper edge of a part, if there is one.
function sideOf(part) {
  const { height, width } = part;
  const depth = Math.min(height, Math.max(2, rounded(FRAME_DEPTH * height)));
  const edge = opening(cropped(part, [0, 0, depth, width]), 1, Math.max(3, rounded(FRAME_RUN * width)));
  const runs = replaced(like(part, new Uint8Array(part.data.length)), [0, 0], edge);
  const thicknesses = profiles(runs).columns.filter((count) => count > 0);
  const thickness = thicknesses.length ? median(thicknesses) : 0;
  if (thicknesses.length / width < FRAME_COVER || thickness > Math.max(3, FRAME_LINE * Math.max(height, width))) {
    return like(part, new Uint8Array(part.data.length));
  }
  return and(part, dilated(runs));
}

// Where lines lie between other ink on both of their sides.
function crossings(ink, lines) {
  const reach = 2 * Math.max(2, rounded(LINE_THICKNESS * Math.max(ink.height, ink.width)));
  const others = without(ink, lines);
  return and(lines, or(closing(others, reach, 1), closing(others, 1, reach)));
}

// How many rows or columns lie between two boxes, whichever are more.
const gap = (one, other) => Math.max(...[0, 1].map((side) => Math.max(one[side] - other[side + 2], other[side] - one[side + 2], 0)));

const lengthOf = ([top, left, bottom, right]) => Math.max(bottom - top, right - left);

// Whether a part hangs on the border and does not reach far in, or is a piece of line.
function isStray(box, { height, width }) {
  const [top, left, bottom, right] = box;
  const reachesIn = [
    [top, bottom, height],
    [left, right, width],
  ].some(([start, stop, length]) => (start === 0 && stop < REACH * length) || (stop === length && start > (1 - REACH) * length));
  const isThin = Math.min(bottom - top, right - left) < LINE_THICKNESS * Math.max(height, width);
  return reachesIn || (isThin && cutOff(box, { height, width }).includes(true));
}
