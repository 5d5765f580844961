// How wide a pen's strokes are, and strokes made wider or narrower; see digitlab.recognition.strokes.

import { cropped, like, mean, not, padded, where } from "./grids.js";
import { distances, label, maximum } from "./morphology.js";

// The mean width of the strokes, in pixels: four times the mean distance of ink from its edge.
export function strokeWidth(ink) {
  const depths = depthsOf(ink).data.filter((_, place) => ink.data[place]);
  return depths.length ? 4 * mean({ data: depths }) : 0;
}

// Strokes of about this mean width, changed evenly on both sides; no part becomes narrower than that.
export function withWidth(ink, width) {
  const change = (width - strokeWidth(ink)) / 2;
  const wide = padded(ink, Math.max(0, Math.ceil(change)));
  if (change >= 0) return where((far) => far - 0.5 <= change, distances(not(wide)));
  const depths = depthsOf(wide);
  const middle = where((isInk, depth, most) => isInk && depth >= most, wide, depths, maximum(depths, 3));
  const nearMiddle = where((far) => far <= width / 2, distances(not(middle)));
  return where((depth, isInk, isThin) => depth > -change || (isInk && isThin), depths, wide, nearMiddle);
}

// The ink without its holes of fewer pixels than `most`.
export function withoutPinholes(ink, most) {
  const { numbers, sizes } = label(not(ink), true);
  return where((isInk, number) => isInk || sizes[number] < most, ink, numbers);
}

// How far each pixel of ink lies from its edge, which runs half a pixel before the next one.
function depthsOf(ink) {
  const { height, width } = ink;
  const far = cropped(distances(padded(ink, 1)), [1, 1, height + 1, width + 1]);
  return like(ink, far.data.map((distance) => Math.max(distance - 0.5, 0)));
}
