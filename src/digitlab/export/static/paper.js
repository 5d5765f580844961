// From a picture to how much ink is where, whatever the light, the paper's colour and the pen's; see
// digitlab.recognition.paper, whose limits these are.

import { border, clipped, largest, like, mean, median, not, quantile, smallest, where } from "./grids.js";
import { calmed, closed, label } from "./morphology.js";
import { shrunk } from "./resampling.js";

const { fround } = Math;

const LUMINANCE = [0.299, 0.587, 0.114].map(fround);
const SMALL_SIDE = 160;
const STROKE_WIDTHS = [0.04, 0.07, 0.11, 0.16, 0.22];
const HARDLY_MORE = 1.3;
const EVEN = 0.06;
const EDGE = 0.22;
const TWO_TONES = 0.8;
const OPEN = 0.35;
const LEAST_LIGHT = 0.15;
const NOISE_LIMIT = 6;
const STRONGEST = 0.9995;
const BINS = 128;

// How much each pixel of a picture, three planes of bytes, differs from the paper beneath it: {ink, strength, noise},
// ink as float32, 1 where it has as much as strokes have.
export function contrastOf(picture, evenLight) {
  const light = picture.map((plane) => like(plane, new Float32Array(plane.data).map((value) => value / 255)));
  const grey = brightness(light);
  const tones = !evenLight || isEven(grey) ? twoTones(grey) : unevenTones(grey);
  const seen = tones.isDark ? light : light.map((plane) => like(plane, plane.data.map((value) => 1 - value)));
  const away = awayFromPaper(seen, tones.width);
  const direction = directionOf(away);
  const ink = summed(away, direction);
  const { strength, noise } = levels(ink.data);
  const scale = fround(Math.max(strength, 1e-6));
  return {
    ink: like(ink, ink.data.map((value) => clipped(value / scale, 0, 1.5))),
    strength: strength / Math.sqrt(3),
    noise: noise / scale,
  };
}

// The threshold that parts two groups best (Otsu, 1979); values that rounding alone tells apart are one group.
export function otsu(values) {
  const isSingle = values instanceof Float32Array;
  const round = isSingle ? fround : (value) => value;
  const [low, high] = [smallest(values), largest(values)];
  if (high - low <= BINS * spacing(high, isSingle ? 23 : 52)) return high;
  const step = round(round(high - low) / BINS);
  const edges = Array.from({ length: BINS + 1 }, (_, number) => round(round(number * step) + low));
  edges[BINS] = high;
  const counts = countsBetween(edges, values, step);
  const centres = counts.map((_, number) => round(round(edges[number] + edges[number + 1]) / 2));
  const whole = counts.reduce((sum, count, number) => sum + count * centres[number], 0);
  const best = { spread: -1, number: 0 };
  let [below, under] = [0, 0];
  counts.forEach((count, number) => {
    below += count;
    under += count * centres[number];
    const above = values.length - below;
    const apart = under / Math.max(below, 1) - (whole - under) / Math.max(above, 1);
    const spread = below * above * apart ** 2;
    if (spread > best.spread) Object.assign(best, { spread, number });
  });
  return edges[1 + best.number];
}

// How far the next number of so many bits lies from a value.
const spacing = (value, bits) => 2 ** (Math.floor(Math.log2(Math.max(Math.abs(value), 2 ** -126))) - bits);

function countsBetween(edges, values, step) {
  const counts = Array(BINS).fill(0);
  for (const value of values) {
    let bin = clipped(Math.floor((value - edges[0]) / step), 0, BINS - 1);
    while (bin > 0 && value < edges[bin]) bin -= 1;
    while (bin < BINS - 1 && value >= edges[bin + 1]) bin += 1;
    counts[bin] += 1;
  }
  return counts;
}

const brightness = (light) => summed(light, LUMINANCE);

// The sum of three planes, each with its weight.
function summed([red, green, blue], [r, g, b]) {
  return like(red, red.data.map((value, place) => fround(fround(value * r) + fround(green.data[place] * g)) + fround(blue.data[place] * b)));
}

// Whether the paper is as bright along one part of the border as along any other, strokes there closed first.
function isEven(grey) {
  const [small] = shrunk([grey], SMALL_SIDE);
  const papers = [() => small, () => closedBy(small, EDGE), () => negative(closedBy(negative(small), EDGE))];
  return papers.some((paper) => {
    const along = border(paper());
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(along, share));
    return high - low <= EVEN * middle;
  });
}

const negative = (tone) => like(tone, tone.data.map((value) => -value));

// Whether ink is darker than paper in even light: it lies further from the commonest tone than anything else.
function twoTones(grey) {
  const threshold = otsu(grey.data);
  const bright = where((value) => value > threshold, grey);
  const share = mean(bright);
  const [light, dark] = [1, 0].map((tone) => meanOf(grey.data.filter((_, place) => bright.data[place] === tone)));
  if (share * (1 - share) * (light - dark) ** 2 > TWO_TONES * variance(grey.data)) return { isDark: isPaper(bright), width: null };
  const [low, middle, high] = [1 - STRONGEST, 0.5, STRONGEST].map((part) => quantile(grey.data, part));
  return { isDark: middle - low > high - middle, width: null };
}

// Whether this of two tones is paper: what there is more of, in all and along the border.
function isPaper(tone) {
  const more = mean(tone) + meanOf(border(tone)) - 1;
  const [parts, others] = [tone, not(tone)].map((each) => label(each).count);
  return Math.abs(more) < OPEN && parts !== others ? parts > others : more > 0;
}

// Whether ink is darker than paper in uneven light, and the widest that strokes are, of the side.
function unevenTones(grey) {
  const [small] = shrunk([grey], SMALL_SIDE);
  const taken = [small, negative(small)].map(takenByClosing);
  const enough = taken.map(firstEnough);
  const first = Math.min(...enough);
  const isDark = taken[0][first] > taken[1][first];
  return { isDark, width: STROKE_WIDTHS[enough[isDark ? 0 : 1]] };
}

function takenByClosing(tone) {
  const calm = calmed(tone);
  return STROKE_WIDTHS.map((share) => closedBy(calm, share).data.reduce((sum, value, place) => sum + (value - tone.data[place]) ** 2, 0));
}

// The first width after which the next takes hardly more, else the last.
function firstEnough(energies) {
  const found = energies.findIndex((now, number) => number + 1 < energies.length && energies[number + 1] <= HARDLY_MORE * now);
  return found < 0 ? energies.length - 1 : found;
}

const meanOf = (values) => (values.length ? mean({ data: values }) : 0);

function variance(values) {
  const middle = meanOf(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length;
}

// The share of the paper's light that is missing, of each colour, ink being dark.
function awayFromPaper(light, width) {
  const papers = width === null ? evenPaper(light) : light.map((plane) => closedBy(calmed(plane), width).data);
  return light.map((plane, colour) => {
    const paper = papers[colour];
    return like(plane, plane.data.map((value, place) => fround(paper[place] - value) / Math.max(paper[place], LEAST_LIGHT)));
  });
}

// The median of what is bright.
function evenPaper(light) {
  const grey = brightness(light);
  const threshold = otsu(grey.data);
  const isBright = (_, place) => grey.data[place] > threshold;
  return light.map(({ data }) => {
    const brightest = data.filter(isBright);
    return new Float32Array(data.length).fill(brightest.length ? median(brightest) : largest(data));
  });
}

// The light of the paper beneath dark strokes that are no wider than `share` of the side.
function closedBy(tone, share) {
  return closed(tone, 1 + 2 * Math.max(1, Math.trunc((Math.max(tone.height, tone.width) * share) / 2)));
}

// The unit vector in which the strongest ink differs from the paper.
function directionOf(away) {
  const sums = [0, 0, 0];
  const inked = away.map(({ data }) => data.map((value) => Math.max(value, 0)));
  const weights = inked[0].map((value, place) => (value + inked[1][place] + inked[2][place]) ** 3);
  inked.forEach((colour, index) => colour.forEach((value, place) => (sums[index] += weights[place] * value)));
  const length = Math.max(Math.hypot(...sums), 1e-12);
  return sums.map((sum) => fround(sum / length));
}

// The strength of strokes, and the standard deviation of paper by its median deviation.
function levels(ink) {
  const half = quantile(ink, STRONGEST) / 2;
  const paper = ink.filter((value) => value <= half);
  const middle = paper.length ? median(paper) : 0;
  const noise = paper.length ? 1.4826 * median(paper.map((value) => Math.abs(value - middle))) : 0;
  const strokes = ink.filter((value) => value > Math.max(NOISE_LIMIT * noise, half));
  return { strength: strokes.length ? median(strokes) : 0, noise };
}
