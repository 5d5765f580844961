// A sheet of paper that lies on something darker: what is seen around it is no ink; see digitlab.recognition.sheet.

import { and, any, border, largest, like, mean, median, not, smallest, total, where, without } from "./grids.js";
import { dilatedByFour, erodedByFour, filled, label, nearestGround, partsOf } from "./morphology.js";
import { otsu } from "./paper.js";
import { BICUBIC, resized, shrunk } from "./resampling.js";

const SIDE = 160;
const AROUND = 0.6;
const LARGE = 0.15;
const PAPER = 0.65;
const RECTANGULAR = 0.85;
const DARKER = 0.8;
const ANGLES = Array.from({ length: 23 }, (_, number) => ((4 * number - 44) * Math.PI) / 180);
const SHADOW = 2;

// A picture, three planes of bytes, with paper in place of what lies around its sheet, if it shows one.
export function onItsSheet(picture) {
  const small = shrunk(picture, SIDE);
  const [red, green, blue] = small.map(({ data }) => data);
  const grey = like(small[0], Float64Array.from(red, (value, place) => (value + green[place] + blue[place]) / 3));
  const sheet = sheetOf(grey);
  if (sheet === null) return picture;
  const { places } = nearestGround(not(sheet));
  const [{ height, width }] = picture;
  return picture.map((plane, colour) => {
    const paper = resized(like(sheet, small[colour].data.map((_, place) => small[colour].data[places[place]])), height, width, BICUBIC);
    return like(plane, plane.data.map((value, place) => {
      const row = Math.floor(((Math.floor(place / width) + 0.5) * sheet.height) / height);
      const column = Math.floor((((place % width) + 0.5) * sheet.width) / width);
      return sheet.data[row * sheet.width + column] ? value : paper.data[place];
    }));
  });
}

// Where a sheet lies on something darker, or null.
function sheetOf(grey) {
  const threshold = otsu(grey.data);
  const bright = where((value) => value > threshold, grey);
  if (mean({ data: border(bright) }) > 1 - AROUND || !any(bright)) return null;
  const parts = label(bright, true);
  const largestPart = parts.sizes.indexOf(largest(parts.sizes));
  const sheet = filled(partsOf(parts, (number) => number === largestPart));
  const within = erodedByFour(sheet, SHADOW);
  const isSheet =
    mean(sheet) > LARGE &&
    total(and(bright, sheet)) / total(sheet) > PAPER &&
    fillsARectangle(sheet) &&
    endsSharply(grey, sheet, within);
  return isSheet ? within : null;
}

function fillsARectangle(sheet) {
  const edge = without(sheet, erodedByFour(sheet));
  const points = [...edge.data.keys()].filter((place) => edge.data[place]).map((place) => [Math.floor(place / sheet.width), place % sheet.width]);
  const range = (values) => largest(values) - smallest(values) + 1;
  const areas = ANGLES.map((angle) => {
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    return range(points.map(([down, across]) => down * cosine - across * sine)) * range(points.map(([down, across]) => across * cosine + down * sine));
  });
  return total(sheet) > RECTANGULAR * Math.min(...areas);
}

// Whether it is darker just outside the sheet than just inside.
function endsSharply(grey, sheet, within) {
  const outside = without(dilatedByFour(sheet, 2 * SHADOW), dilatedByFour(sheet, SHADOW));
  const inside = without(within, erodedByFour(within, SHADOW));
  const valuesAt = (places) => grey.data.filter((_, place) => places.data[place]);
  return any(outside) && median(valuesAt(outside)) < DARKER * median(valuesAt(inside));
}
