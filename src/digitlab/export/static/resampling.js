// Pictures made larger and smaller as Pillow does it, to the last bit.

import { grid, made } from "./grids.js";

export const BOX = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
export const BICUBIC = { support: 2, weight: cubic };

// Whole numbers are added up with so many bits after the point.
const PRECISION = 2 ** 22;

// The cubic of Keys (1981), with a = -1/2.
function cubic(x) {
  const away = Math.abs(x);
  if (away < 1) return (1.5 * away - 2.5) * away * away + 1;
  return away < 2 ? (((away - 5) * away + 8) * away - 4) * -0.5 : 0;
}

// Resize a plane: of bytes to bytes, of float32 to float32. `extent` is how much of it is taken, from its upper left
// corner: its height and width, whole or not.
export function resized(plane, height, width, filter, extent = [plane.height, plane.width]) {
  const across = width === plane.width && extent[1] === plane.width ? plane : along(plane, width, filter, extent[1]);
  return height === plane.height && extent[0] === plane.height ? across : down(across, height, filter, extent[0]);
}

function along(plane, width, filter, extent) {
  const windows = windowsOf(plane.width, width, filter, extent, plane.data instanceof Uint8Array);
  const data = new plane.data.constructor(plane.height * width);
  for (let row = 0, place = 0; row < plane.height; row += 1) {
    for (const { first, weights } of windows) {
      let sum = 0;
      for (let index = 0, from = row * plane.width + first; index < weights.length; index += 1, from += 1) {
        sum += plane.data[from] * weights[index];
      }
      data[place] = stored(data, sum);
      place += 1;
    }
  }
  return grid(plane.height, width, data);
}

function down(plane, height, filter, extent) {
  const windows = windowsOf(plane.height, height, filter, extent, plane.data instanceof Uint8Array);
  const data = new plane.data.constructor(height * plane.width);
  let place = 0;
  for (const { first, weights } of windows) {
    for (let column = 0; column < plane.width; column += 1) {
      let sum = 0;
      for (let index = 0, from = first * plane.width + column; index < weights.length; index += 1, from += plane.width) {
        sum += plane.data[from] * weights[index];
      }
      data[place] = stored(data, sum);
      place += 1;
    }
  }
  return grid(height, plane.width, data);
}

function stored(data, sum) {
  if (!(data instanceof Uint8Array)) return sum;
  return Math.min(255, Math.max(0, Math.floor((sum + PRECISION / 2) / PRECISION)));
}

// Of each new pixel, the first old one that it is made of, and the weights of it and those that follow.
function windowsOf(size, newSize, filter, extent, isWhole) {
  const scale = extent / newSize;
  const widening = Math.max(scale, 1);
  const support = filter.support * widening;
  return Array.from({ length: newSize }, (_, number) => {
    const centre = (number + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const stop = Math.min(size, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: stop - first }, (_, index) => filter.weight((index + first - centre + 0.5) * (1 / widening)));
    const sum = shares.reduce((all, share) => all + share, 0);
    const weights = shares.map((share) => (sum === 0 ? share : share / sum));
    return { first, weights: isWhole ? weights.map((share) => Math.trunc(share * PRECISION + (share < 0 ? -0.5 : 0.5))) : weights };
  });
}

// Shrink planes so that no side is longer than `most`, in proportion; none is made larger.
export function shrunk(planes, most) {
  const [{ height, width }] = planes;
  if (Math.max(height, width) <= most) return planes;
  const aspect = width / height;
  const [newHeight, newWidth] =
    aspect <= 1
      ? [most, nearest(most * aspect, (side) => Math.abs(aspect - side / most))]
      : [nearest(most / aspect, (side) => (side === 0 ? 0 : Math.abs(aspect - most / side))), most];
  const factors = [height / newHeight, width / newWidth].map((factor) => Math.trunc(factor / 2) || 1);
  return planes.map((plane) => resized(averaged(plane, ...factors), newHeight, newWidth, BOX, [height / factors[0], width / factors[1]]));
}

// Of the whole numbers beside a length the one for which `error` is less, and 1 at least.
function nearest(length, error) {
  const [below, above] = [Math.floor(length), Math.ceil(length)];
  return Math.max(error(above) < error(below) ? above : below, 1);
}

// The means of blocks; those at the lower and right border may be smaller.
function averaged(plane, tall, wide) {
  if (tall === 1 && wide === 1) return plane;
  const { height, width, data } = plane;
  return made(Math.ceil(height / tall), Math.ceil(width / wide), data.constructor, (row, column) => {
    let sum = 0;
    const [bottom, right] = [Math.min(height, (row + 1) * tall), Math.min(width, (column + 1) * wide)];
    for (let y = row * tall; y < bottom; y += 1) for (let x = column * wide; x < right; x += 1) sum += data[y * width + x];
    const count = (bottom - row * tall) * (right - column * wide);
    return data instanceof Uint8Array ? meanByte(sum, count) : sum / count;
  });
}

// A mean of bytes by a multiplication, as Pillow's `reduce` has it.
function meanByte(sum, count) {
  const multiplier = Math.trunc(Math.fround(2 ** 24 / count));
  return Math.floor(((sum + Math.floor(count / 2)) * multiplier) / 2 ** 24);
}
