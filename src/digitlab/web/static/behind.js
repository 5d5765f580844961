// Behind the answer of one run: the ink that spoke for it, and the steps to the pixels.

import { byId, element } from "./dom.js";
import { paintInk, paintSigned } from "./paint.js";

const NEIGHBOURS_ABOUT = "The training digits most like it:";
const STEPS = {
  picture: "the picture",
  ink: "its ink",
  digit: "cleaned",
  strokes: "usual strokes",
  pixels: "what is read",
};
const SMALL = 64;

// What speaks for an answer, in sentences, and the training digits that look like it.
export function showSpeaks(why) {
  byId("sentences").replaceChildren(...why.sentences.map((sentence) => element("li", {}, sentence)));
  byId("alike-about").textContent = why.missing || NEIGHBOURS_ABOUT;
  byId("alike-about").hidden = !why.missing && !why.neighbours.length;
  byId("alike").hidden = !why.neighbours.length;
  byId("alike").replaceChildren(
    ...why.neighbours.map(({ label, pixels }) => {
      const canvas = element("canvas", { class: "pixels", role: "img", "aria-label": `a ${label} of the training digits` });
      paintInk(canvas, pixels);
      return element("li", {}, canvas, element("span", { "aria-hidden": "true" }, String(label)));
    }),
  );
}

export function showEvidence(answer) {
  const { evidence } = answer.why;
  const largest = Math.max(...evidence.flatMap((each) => each.values.flat().map(Math.abs)), 1e-9);
  const figures = evidence.map((each) => {
    const canvas = element("canvas", { class: "pixels", role: "img", "aria-label": each.sentence });
    paintSigned(canvas, each.values, largest, answer.pixels);
    return element("figure", {}, canvas, element("figcaption", {}, element("strong", {}, each.name)));
  });
  byId("why").replaceChildren(...(figures.length ? figures : ["Nothing was found to explain."]));
}

export function showSteps(answer) {
  const items = (answer.stages ?? []).map((stage) => {
    const name = STEPS[stage.name] ?? stage.name;
    const image = element("img", { src: stage.picture, alt: "" });
    image.classList.toggle("is-ink", stage.name !== "picture");
    image.addEventListener("load", () => image.classList.toggle("is-small", image.naturalWidth <= SMALL));
    return element("li", {}, element("figure", {}, image, element("figcaption", { class: "soft" }, name)));
  });
  byId("steps").replaceChildren(...items);
}
