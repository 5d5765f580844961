// Numbers in rows and columns, as NumPy's arrays of two axes: {height, width, data}, data row by row. Bitmaps are of 0
// and 1. Nothing here changes what it is given.

export const grid = (height, width, data) => ({ height, width, data });

export const bitmap = (height, width) => grid(height, width, new Uint8Array(height * width));

export const like = ({ height, width }, data) => grid(height, width, data);

// Of each place, what `test` says of the values there, as a bitmap.
export function where(test, first, ...others) {
  const data = new Uint8Array(first.data.length);
  for (let place = 0; place < data.length; place += 1) {
    data[place] = test(first.data[place], ...others.map((other) => other.data[place])) ? 1 : 0;
  }
  return like(first, data);
}

export const not = (one) => like(one, one.data.map((value) => 1 - value));
export const and = (one, other) => like(one, one.data.map((value, place) => value & other.data[place]));
export const or = (one, other) => like(one, one.data.map((value, place) => value | other.data[place]));
export const without = (one, other) => like(one, one.data.map((value, place) => value & (1 - other.data[place])));

export const total = ({ data }) => data.reduce((sum, value) => sum + value, 0);
export const mean = (values) => total(values) / values.data.length;
export const any = ({ data }) => data.includes(1);

export function largest(values) {
  let found = -Infinity;
  for (const value of values) if (value > found) found = value;
  return found;
}

export function smallest(values) {
  let found = Infinity;
  for (const value of values) if (value < found) found = value;
  return found;
}

// The whole number nearest to a value; of two as near, the even one.
export function rounded(value) {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

export const clipped = (value, low, high) => Math.min(Math.max(value, low), high);

// A new grid whose value in each place `valueAt` tells by row and column.
export function made(height, width, Values, valueAt) {
  const data = new Values(height * width);
  for (let row = 0, place = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1, place += 1) data[place] = valueAt(row, column);
  }
  return grid(height, width, data);
}

const typeOf = ({ data }) => data.constructor;
const at = ({ width, data }, row, column) => data[row * width + column];

export const turned = (one) => made(one.width, one.height, typeOf(one), (row, column) => at(one, column, row));

export function cropped(one, [top, left, bottom, right]) {
  return made(bottom - top, right - left, typeOf(one), (row, column) => at(one, top + row, left + column));
}

// With so many zeros on each side.
export function padded(one, margin) {
  const data = new (typeOf(one))((one.height + 2 * margin) * (one.width + 2 * margin));
  for (let row = 0; row < one.height; row += 1) {
    const part = one.data.subarray(row * one.width, (row + 1) * one.width);
    data.set(part, (row + margin) * (one.width + 2 * margin) + margin);
  }
  return grid(one.height + 2 * margin, one.width + 2 * margin, data);
}

// Turned so many times by a quarter, against the clock.
export function rotated(one, times) {
  const { height, width } = one;
  const quarters = ((times % 4) + 4) % 4;
  if (quarters === 0) return one;
  if (quarters === 2) return made(height, width, typeOf(one), (row, column) => at(one, height - 1 - row, width - 1 - column));
  if (quarters === 1) return made(width, height, typeOf(one), (row, column) => at(one, column, width - 1 - row));
  return made(width, height, typeOf(one), (row, column) => at(one, height - 1 - column, row));
}

// The values along the border, once each.
export function border({ height, width, data }) {
  const isEnd = (index, length) => index === 0 || index === length - 1;
  return data.filter((_, place) => isEnd(Math.floor(place / width), height) || isEnd(place % width, width));
}

// How many ones each row has, and each column.
export function profiles({ height, width, data }) {
  const [rows, columns] = [new Float64Array(height), new Float64Array(width)];
  for (let row = 0, place = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1, place += 1) {
      rows[row] += data[place];
      columns[column] += data[place];
    }
  }
  return { rows, columns };
}

// The box of the ink, which must have some: top, left, and the first row and column outside.
export function boxOf(ink) {
  const { rows, columns } = profiles(ink);
  const [first, last] = [(counts) => counts.findIndex((count) => count > 0), (counts) => counts.findLastIndex((count) => count > 0)];
  return [first(rows), first(columns), last(rows) + 1, last(columns) + 1];
}

// The value below which a share of them lies, between two of them in proportion.
export function quantile(values, share) {
  const sorted = new Float64Array(values).sort();
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const [under, over] = [sorted[low], sorted[Math.min(low + 1, sorted.length - 1)]];
  return under + (over - under) * (place - low);
}

export const median = (values) => quantile(values, 0.5);
