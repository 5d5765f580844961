// Parts, distances and filters of grids, as scipy.ndimage has them.

import { and, bitmap, grid, like, made, not, padded, turned } from "./grids.js";

const FOUR = [[-1, 0], [0, -1], [0, 1], [1, 0]];
const EIGHT = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((across) => [down, across])).filter(([y, x]) => y || x);

// Number the connected parts of a bitmap from 1 on, in the order of their first pixels, at corners too unless `isFour`:
// the numbers, how many there are, the size of each, and its box; index 0 is the ground.
export function label(ink, isFour = false) {
  const { height, width, data } = ink;
  const [numbers, sizes, boxes] = [new Int32Array(data.length), [0], [null]];
  const steps = isFour ? FOUR : EIGHT;
  for (let start = 0; start < data.length; start += 1) {
    if (!data[start] || numbers[start]) continue;
    const number = sizes.length;
    const box = [height, width, 0, 0];
    const open = [start];
    let size = 0;
    numbers[start] = number;
    while (open.length) {
      const place = open.pop();
      const [row, column] = [Math.floor(place / width), place % width];
      size += 1;
      if (row < box[0]) box[0] = row;
      if (column < box[1]) box[1] = column;
      if (row >= box[2]) box[2] = row + 1;
      if (column >= box[3]) box[3] = column + 1;
      for (const [down, across] of steps) {
        const [y, x] = [row + down, column + across];
        const next = y * width + x;
        if (y < 0 || x < 0 || y >= height || x >= width || !data[next] || numbers[next]) continue;
        numbers[next] = number;
        open.push(next);
      }
    }
    sizes.push(size);
    boxes.push(box);
  }
  return { numbers: grid(height, width, numbers), count: sizes.length - 1, sizes, boxes };
}

// Of each pixel of a bitmap, how far the nearest 0 is, between middles of pixels. Without any 0 all are infinitely far.
export function distances(ink) {
  return like(ink, nearestGround(ink).squares.map(Math.sqrt));
}

// Of each pixel, the square of its distance from the nearest 0, and that one's place (Felzenszwalb and Huttenlocher,
// 2012: one axis after the other, by lower envelopes of parabolas).
export function nearestGround({ height, width, data }) {
  const [squares, places] = [new Float64Array(height * width), new Int32Array(height * width)];
  for (let row = 0; row < height; row += 1) {
    const heights = Float64Array.from(data.subarray(row * width, (row + 1) * width), (value) => (value ? Infinity : 0));
    envelope(heights, (column, from, square) => {
      squares[row * width + column] = square;
      places[row * width + column] = row * width + from;
    });
  }
  const found = places.slice();
  for (let column = 0; column < width; column += 1) {
    const heights = Float64Array.from({ length: height }, (_, row) => squares[row * width + column]);
    envelope(heights, (row, from, square) => {
      squares[row * width + column] = square;
      places[row * width + column] = found[from * width + column];
    });
  }
  return { squares, places };
}

// Tell of each place q the p with the least (q - p)² + heights[p], and that.
function envelope(heights, tell) {
  const [lows, starts] = [[], []];
  for (let place = 0; place < heights.length; place += 1) {
    if (heights[place] === Infinity) continue;
    let start = -Infinity;
    while (lows.length) {
      const low = lows.at(-1);
      start = (heights[place] + place ** 2 - heights[low] - low ** 2) / (2 * (place - low));
      if (start > starts.at(-1)) break;
      lows.pop();
      starts.pop();
    }
    starts.push(lows.length ? start : -Infinity);
    lows.push(place);
  }
  for (let place = 0, number = 0; place < heights.length; place += 1) {
    while (number + 1 < lows.length && starts[number + 1] < place) number += 1;
    const low = lows[number];
    tell(place, low ?? 0, low === undefined ? Infinity : (place - low) ** 2 + heights[low]);
  }
}

// The largest value in windows of so many rows and columns, `before` of them above and left; what lies beyond the
// border is `beyond`, or where that is undefined the picture mirrored at its edge.
function highest(values, rows, columns, beyond) {
  return turned(highestAlong(turned(highestAlong(values, columns, beyond)), rows, beyond));
}

function highestAlong({ height, width, data }, { before, after }, beyond) {
  const found = new data.constructor(data.length);
  const line = new Float64Array(width + before + after);
  for (let row = 0; row < height; row += 1) {
    for (let index = 0; index < line.length; index += 1) {
      const column = index - before;
      if (column >= 0 && column < width) line[index] = data[row * width + column];
      else line[index] = beyond === undefined ? data[row * width + mirrored(column, width)] : beyond;
    }
    running(line, before + after + 1, (column, value) => {
      found[row * width + column] = value;
    });
  }
  return grid(height, width, found);
}

// Tell of each window of so many values the largest: candidates are kept in falling order.
function running(line, length, tell) {
  const kept = new Int32Array(line.length);
  let [first, stop] = [0, 0];
  for (let index = 0; index < line.length; index += 1) {
    while (stop > first && line[kept[stop - 1]] <= line[index]) stop -= 1;
    kept[stop] = index;
    stop += 1;
    if (kept[first] <= index - length) first += 1;
    if (index >= length - 1) tell(index - length + 1, line[kept[first]]);
  }
}

function mirrored(index, length) {
  const place = ((index % (2 * length)) + 2 * length) % (2 * length);
  return place < length ? place : 2 * length - 1 - place;
}

// Windows of an even size reach one further back in an erosion, and one further on in a dilation.
const eroding = (size) => ({ before: Math.floor(size / 2), after: size - 1 - Math.floor(size / 2) });
const dilating = (size) => ({ before: size - 1 - Math.floor(size / 2), after: Math.floor(size / 2) });

export const maximum = (values, size) => highest(values, eroding(size), eroding(size));
export const maximumDown = (values, size) => highest(values, eroding(size), eroding(1));

const negated = (values) => like(values, values.data.map((value) => -value));

// A closing of a plane by a square; beyond the border there is nothing.
export function closed(values, size) {
  const grown = highest(values, eroding(size), eroding(size), -Infinity);
  return negated(highest(negated(grown), eroding(size), eroding(size), -Infinity));
}

export const dilated = (ink, rows = 3, columns = 3) => highest(ink, dilating(rows), dilating(columns), 0);
const eroded = (ink, rows = 3, columns = 3) => not(highest(not(ink), eroding(rows), eroding(columns), 1));
export const opening = (ink, rows, columns) => dilated(eroded(ink, rows, columns), rows, columns);
export const closing = (ink, rows, columns) => eroded(dilated(ink, rows, columns), rows, columns);

// Grown, or shrunk, by the four neighbours of each pixel.
export function dilatedByFour(ink, times = 1) {
  if (times === 0) return ink;
  const [down, across] = [dilated(ink, 3, 1), dilated(ink, 1, 3)];
  return dilatedByFour(like(ink, down.data.map((value, place) => value | across.data[place])), times - 1);
}

export function erodedByFour(ink, times = 1) {
  return times === 0 ? ink : erodedByFour(and(eroded(ink, 3, 1), eroded(ink, 1, 3)), times - 1);
}

// The ink, and the ground that it encloses.
export function filled(ink) {
  const around = padded(ink, 1);
  const { numbers } = label(not(around), true);
  return made(ink.height, ink.width, Uint8Array, (row, column) => (numbers.data[(row + 1) * around.width + column + 1] === 1 ? 0 : 1));
}

// The median of each pixel and its eight neighbours; beyond the border the next pixel's value goes on.
export function calmed(values) {
  const { height, width, data } = values;
  const near = (place, length) => Math.min(Math.max(place, 0), length - 1);
  const nine = new Float64Array(9);
  return made(height, width, data.constructor, (row, column) => {
    let count = 0;
    for (let y = row - 1; y <= row + 1; y += 1) {
      for (let x = column - 1; x <= column + 1; x += 1) insert(nine, count++, data[near(y, height) * width + near(x, width)]);
    }
    return nine[4];
  });
}

// Put a value among the first ones, which are sorted.
function insert(sorted, count, value) {
  let place = count;
  for (; place > 0 && sorted[place - 1] > value; place -= 1) sorted[place] = sorted[place - 1];
  sorted[place] = value;
}

// Smoothed by a Gaussian of this standard deviation, up to four of them away.
export function smoothed(values, deviation) {
  const reach = Math.floor(4 * deviation + 0.5);
  const bell = Array.from({ length: reach + 1 }, (_, away) => Math.exp((-0.5 / deviation ** 2) * away ** 2));
  const sum = bell[0] + 2 * bell.slice(1).reduce((all, value) => all + value, 0);
  const weights = bell.map((value) => value / sum);
  return smoothedAlong(turned(smoothedAlong(turned(values), weights)), weights);
}

function smoothedAlong({ height, width, data }, weights) {
  return made(height, width, data.constructor, (row, column) => {
    const value = (place) => data[row * width + mirrored(place, width)];
    let sum = value(column) * weights[0];
    for (let away = weights.length - 1; away > 0; away -= 1) sum += (value(column - away) + value(column + away)) * weights[away];
    return sum;
  });
}

// The ink of the parts for which `keep` holds, by their numbers.
export function partsOf({ numbers }, keep) {
  const kept = bitmap(numbers.height, numbers.width);
  numbers.data.forEach((number, place) => {
    kept.data[place] = number && keep(number) ? 1 : 0;
  });
  return kept;
}
