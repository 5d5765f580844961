// The answers, a card for each run.

import { DIGITS, element, percent } from "./dom.js";
import { paintInk } from "./paint.js";

export class Card {
  #info;
  #digit = element("div", { class: "digit", "aria-hidden": "true" });
  #sure = element("p", { class: "sure" });
  #pixels = element("canvas", { class: "pixels", role: "img" });
  #bars = new Bars("Probability of each digit");
  #blank;

  // Without a heading it is part of another card.
  constructor(info, heading = headingOf(info)) {
    this.#info = info;
    const [height, width] = info.image_shape;
    this.#blank = Array.from({ length: height }, () => Array(width).fill(0));
    const seen = element("figure", { class: "seen" }, this.#pixels, element("figcaption", {}, "what it sees"));
    this.node = heading ? element("article", { class: "card", "aria-label": info.name }, heading) : element("div", { class: "card is-part" });
    this.node.append(this.#digit, this.#sure, seen, this.#bars.node);
    this.show(null);
  }

  // Show an answer, or that there is none.
  show(answer) {
    const isEmpty = answer === null || answer.digit === null;
    this.node.classList.toggle("is-empty", isEmpty);
    this.node.classList.toggle("is-refused", Boolean(answer?.rejected));
    this.#digit.textContent = isEmpty ? "–" : answer.rejected ? "?" : answer.digit;
    this.#sure.textContent = answer === null ? "waits for a digit" : said(answer);
    this.#pixels.setAttribute("aria-label", isEmpty ? "nothing yet" : `${this.#info.name} sees the digit so`);
    paintInk(this.#pixels, answer?.pixels ?? this.#blank);
    this.#bars.show(isEmpty ? DIGITS.map(() => 0) : answer.probabilities, answer?.digit ?? null);
  }
}

// A run's name, and how well it reads.
export function headingOf(info) {
  const accuracy = element("small", { title: "Read right of its validation images, which it never learned from" });
  accuracy.append(`${percent(info.validation_accuracy)} on validation`);
  return element("h3", {}, info.name, accuracy);
}

// What is said of an answer beside its digit.
export function said(answer) {
  if (answer.digit === null) return answer.reason;
  const sure = percent(answer.probabilities[answer.digit]);
  const reason = answer.reason.charAt(0).toUpperCase() + answer.reason.slice(1);
  return answer.rejected ? `Refused. ${reason}. Nearest: ${answer.digit}.` : `${sure} sure`;
}

// What a screen reader says of all answers.
export function sentenceOf(answers) {
  return answers
    .map((answer) => {
      if (answer.digit === null) return `${answer.name}: ${answer.reason}`;
      return answer.rejected ? `${answer.name}: ${said(answer)}` : `${answer.name} reads ${answer.digit}, ${said(answer)}`;
    })
    .join("; ");
}

// Ten bars, upright, for the digits 0 to 9.
export class Bars {
  #items;

  constructor(label) {
    this.#items = DIGITS.map((digit) => {
      const fill = element("span", { class: "fill" });
      const track = element("span", { class: "track", "aria-hidden": "true" }, fill);
      return { digit, fill, node: element("li", {}, track, element("span", { "aria-hidden": "true" }, String(digit))) };
    });
    this.node = element("ol", { class: "bars", "aria-label": label }, ...this.#items.map((item) => item.node));
  }

  // Show shares of the bars' height, below zero downwards, and mark the best.
  show(shares, best, tell = percent) {
    for (const { digit, fill, node } of this.#items) {
      fill.style.setProperty("--share", Math.abs(shares[digit]));
      node.classList.toggle("is-best", digit === best);
      node.classList.toggle("is-negative", shares[digit] < 0);
      node.title = `${digit}: ${tell(shares[digit])}`;
      node.setAttribute("aria-label", node.title);
    }
  }
}
