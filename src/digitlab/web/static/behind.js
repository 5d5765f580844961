// Behind the answer of one run: the ink that spoke for it, and the steps to the pixels.

import { byId, element } from "./dom.js";
import { paintSigned } from "./paint.js";

const STEPS = {
  picture: "the picture",
  ink: "its ink",
  digit: "cleaned",
  strokes: "usual strokes",
  pixels: "what is read",
};
const SMALL = 64;

export function showEvidence(answer) {
  const evidence = answer.evidence ?? [];
  const largest = Math.max(...evidence.flatMap((each) => each.values.flat().map(Math.abs)), 1e-9);
  const figures = evidence.map((each, index) => {
    const canvas = element("canvas", { class: "pixels", role: "img", "aria-label": each.sentence });
    paintSigned(canvas, each.values, largest, answer.pixels);
    const title = element("strong", {}, `${each.digit}, ${index ? "the runner-up" : "the answer"}. `);
    return element("figure", {}, canvas, element("figcaption", {}, title, each.sentence));
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
