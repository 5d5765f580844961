// Whether to believe an answer, and if not, why not, in words; see digitlab.recognition.refusal.

import { boxOf, cropped, largest, mean, rotated, total, turned, where } from "./grids.js";
import { label } from "./morphology.js";

const UNLIKE = "unlike the training digits";
const EQUAL_PARTS = 0.4;
const FULL = 0.45;
const ALONG = 0.7;
const CLOSE = 0.2;
const MOST = 0.75;
const HALF = 128;

// Why the answer to a picture is not to be relied on; empty where it is. `size` is the picture's height and width.
export function reasonAgainst(ink, size, probabilities, strangeness, norms) {
  if (ink.nothing) return ink.nothing;
  if (isEdge(ink, size)) return "nothing drawn: only an edge of the picture differs, as a shadow makes it";
  if (strangeness > norms.strangest) return `${UNLIKE}: ${cause(ink, size, norms)}`;
  if (Math.max(...probabilities) < norms.least_sure) return torn(probabilities);
  return "";
}

// How much likelier pictures are no digit than a digit, by the guard's logits: log p(none) - log p(a digit).
export function strangenessOf(logits) {
  const [none, digits] = [logits[10], logits.slice(0, 10)];
  const highest = Math.max(...digits);
  return none - highest - Math.log(digits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
}

function torn(probabilities) {
  const [first, second] = [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
  const share = (digit) => `${(100 * probabilities[digit]).toFixed(0)} %`;
  return `neither ${named(first)} nor ${named(second)}: ${share(first)} against ${share(second)}`;
}

const named = (digit) => (digit === 8 ? "an 8" : `a ${digit}`);

// The strongest cause that can be told in words.
function cause(ink, size, norms) {
  if (fillsPicture(ink, size)) return "ink from border to border, and no paper around it";
  return excesses(ink.pixels, norms.usual)[0] ?? "its shape is none of theirs";
}

// Whether ink reaches the picture's upper, left, lower and right border.
const borders = ([top, left, bottom, right], { height, width }) => [top <= 1, left <= 1, bottom >= height - 1, right >= width - 1];

// Whether what was found runs along one border, close to it, and leaves the opposite one free.
function isEdge({ box, digit }, size) {
  const [up, left, down, right] = borders(box, size);
  if ((up !== down) === (left !== right)) return false;
  const [top, first, bottom, last] = box;
  const [high, broad] = [(bottom - top) / size.height, (last - first) / size.width];
  const isLevel = up !== down;
  const [long, deep] = isLevel ? [broad, high] : [high, broad];
  const turns = isLevel ? (up ? 0 : 2) : right ? 1 : 3;
  const outsideUp = rotated(cropped(digit, boxOf(digit)), turns);
  const rows = Math.min(outsideUp.height, Math.ceil((CLOSE / deep) * outsideUp.height));
  return long > ALONG && total(cropped(outsideUp, [0, 0, rows, outsideUp.width])) > MOST * total(outsideUp);
}

// Whether ink reaches all four borders of the picture, and much of it is ink.
function fillsPicture({ box, pixels }, size) {
  return borders(box, size).every(Boolean) && mean(cropped(pixels, boxOf(where((value) => value > 0, pixels)))) > FULL * 255;
}

// What is outside of what digits have, in words, the strongest first.
function excesses(pixels, usual) {
  const found = numbersOf(pixels);
  const excess = (name) => {
    const [low, , high] = usual[name];
    return Math.max(low - found[name], found[name] - high) / Math.max(high - low, 1e-9);
  };
  const outside = Object.keys(found).filter((name) => excess(name) > 0);
  const isTwo = (name) => (name === "second" && found.second >= EQUAL_PARTS ? 1 : 0);
  outside.sort((one, other) => isTwo(other) - isTwo(one) || excess(other) - excess(one));
  return outside.map((name) => said(name, found[name], usual[name][1]));
}

function said(name, value, usual) {
  const share = (part) => `${(100 * part).toFixed(0)} %`;
  if (name === "ink") return `too ${value > usual ? "much" : "little"} ink: ${share(value)} against ${share(usual)}`;
  if (name === "crossings") return `a tangle: a straight line crosses ${value.toFixed(0)} strokes against ${usual.toFixed(0)}`;
  if (name === "second") {
    if (value >= EQUAL_PARTS) return "two digits? A second part of about the same size stands beside it";
    return `a part of its own has ${share(value)} of the ink that the main one has`;
  }
  return `too ${value > usual ? "broad" : "narrow"}: ${value.toFixed(2)} times as wide as high against ${usual.toFixed(2)}`;
}

// The share of its pixels that is ink, how many strokes a straight line crosses at most, the second part's ink as a share
// of the first one's, and the width of the ink divided by its height; see digitlab.recognition.numbers.
function numbersOf(pixels) {
  const least = Math.min(HALF, largest(pixels.data));
  const ink = where((value) => value >= least, pixels);
  const [top, left, bottom, right] = boxOf(ink);
  const [first, second = 0] = label(ink).sizes.slice(1).sort((one, other) => other - one);
  return {
    ink: mean(pixels) / 255,
    crossings: Math.max(runsAcross(ink), runsAcross(turned(ink))),
    second: second / first,
    breadth: (right - left) / (bottom - top),
  };
}

// The largest number of runs of ink in a row.
function runsAcross({ height, width, data }) {
  const begins = (row) => data.subarray(row * width, (row + 1) * width).reduce((sum, value, column, line) => sum + (value && !line[column - 1] ? 1 : 0), 0);
  return Math.max(...Array.from({ length: height }, (_, row) => begins(row)));
}
