// Small pictures on canvases, in the colours of the page.

const cache = new Map();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cache.clear());

// Return a colour of the style sheet as [red, green, blue].
export function colour(name) {
  if (!cache.has(name)) {
    const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    cache.set(name, [1, 3, 5].map((start) => parseInt(value.slice(start, start + 2), 16)));
  }
  return cache.get(name);
}

export const css = (name) => `rgb(${colour(name).join(" ")})`;

// Paint rows of 0 (paper) to 255 (ink).
export function paintInk(canvas, rows) {
  const paper = colour("--paper");
  const ink = colour("--ink");
  paint(canvas, rows, (value) => mixed(paper, ink, value / 255));
}

// Paint rows of numbers, above zero in the colour of what speaks for and below in that of what speaks against; the
// ink that they belong to, if any, shows faintly through.
export function paintSigned(canvas, rows, limit, ink = null) {
  const [paper, dark, plus, minus] = ["--paper", "--ink", "--for", "--against"].map(colour);
  paint(canvas, rows, (value, row, column) => {
    const ground = ink ? mixed(paper, dark, (0.16 * ink[row][column]) / 255) : paper;
    return mixed(ground, value > 0 ? plus : minus, Math.min(1, Math.abs(value) / limit) ** 0.75);
  });
}

function paint(canvas, rows, colourOf) {
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  rows.forEach((row, y) => {
    row.forEach((value, x) => image.data.set([...colourOf(value, y, x), 255], 4 * (y * canvas.width + x)));
  });
  context.putImageData(image, 0, 0);
}

const mixed = (from, to, share) => from.map((value, part) => value + (to[part] - value) * share);
