// What is read in a picture of several digits, a card for each run: the text, each digit's box, and one of them closely.

import { Card, headingOf, said } from "./cards.js";
import { element, percent } from "./dom.js";
import { paintInk } from "./paint.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

export class RowCard {
  #choose;
  #row = null;
  #picked = null;
  #text = element("p", { class: "text" });
  #canvas = element("canvas", { "aria-hidden": "true" });
  #boxes = element("div", { class: "boxes", "aria-hidden": "true" });
  #picture = element("div", { class: "boxed" }, this.#canvas, this.#boxes);
  #chips;
  #one;

  // `choose` is called with the run when one of its digits is chosen.
  constructor(info, choose) {
    this.#choose = () => choose(info.run);
    this.#chips = element("div", { class: "chips", role: "listbox", "aria-label": `Digits that ${info.name} reads` });
    this.#one = new Card(info, null);
    this.node = element("article", { class: "row-card", "aria-label": info.name });
    this.node.append(headingOf(info), this.#text, this.#picture, this.#chips, this.#one.node);
    for (const chosen of [this.#chips, this.#boxes]) chosen.addEventListener("click", (event) => this.#clicked(event));
    this.#chips.addEventListener("keydown", (event) => this.#key(event));
    this.show(null);
  }

  // Which digit is looked at: the one that was chosen, or the least sure; null where there is none.
  get number() {
    const digits = this.#row?.digits ?? [];
    return digits.length ? this.#picked ?? leastSure(digits) : null;
  }

  // Show what was read, in a picture of a width and a height, or that there is nothing.
  show(row, size = null, image = null) {
    if (row?.digits.length !== this.#row?.digits.length) this.#picked = null;
    this.#row = row;
    const digits = row?.digits ?? [];
    this.node.classList.toggle("is-empty", !digits.length);
    this.#text.replaceChildren(...(digits.length ? signs(row) : ["–"]));
    this.#text.style.setProperty("--length", Math.max(4, ...(row?.lines ?? [])));
    this.#picture.hidden = this.#chips.hidden = this.#one.node.hidden = !digits.length;
    this.#chips.replaceChildren(...withBreaks(digits.map(chip), row?.lines ?? []));
    this.#boxes.replaceChildren(...(digits.length ? digits.map((digit, number) => box(digit, number, size)) : []));
    if (size) this.#picture.style.setProperty("--ratio", size.width / size.height);
    this.showImage(image);
    this.#mark();
  }

  showImage(image) {
    this.#canvas.width = image?.width ?? 1;
    this.#canvas.height = image?.height ?? 1;
    if (image) this.#canvas.getContext("2d").drawImage(image, 0, 0);
  }

  #mark() {
    const { number } = this;
    if (number !== null) this.#one.show(this.#row.digits[number]);
    for (const each of [...this.#chips.querySelectorAll(".chip"), ...this.#boxes.children]) {
      const isChosen = Number(each.dataset.number) === number;
      each.classList.toggle("is-chosen", isChosen);
      if (each.role !== "option") continue;
      each.setAttribute("aria-selected", isChosen);
      each.tabIndex = isChosen ? 0 : -1;
    }
  }

  #pick(number) {
    this.#picked = number;
    this.#mark();
    this.#choose();
  }

  #clicked(event) {
    const digit = event.target.closest("[data-number]");
    if (digit) this.#pick(Number(digit.dataset.number));
  }

  #key(event) {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const last = this.#row.digits.length - 1;
    this.#pick(Math.min(last, Math.max(0, this.number + STEPS[event.key])));
    this.#chips.querySelector(".is-chosen").focus();
  }
}

// What a screen reader says of all rows: digit by digit, for nobody wants to hear of thousands.
export function sentenceOfRows(rows) {
  return rows
    .map(({ name, text, digits }) => {
      if (!digits.length) return `${name}: no digits were found`;
      const refused = digits.filter((digit) => digit.rejected).length;
      const read = text.split("\n").map((line) => [...line].join(" ")).join(", ").replaceAll("?", "unread");
      return `${name} reads ${read}${refused ? `; ${refused} refused` : ""}`;
    })
    .join("; ");
}

function leastSure(digits) {
  const sure = digits.map((digit) => (digit.rejected ? -1 : digit.confidence));
  return sure.indexOf(Math.min(...sure));
}

function signs({ text, digits }) {
  const read = digits[Symbol.iterator]();
  return [...text].map((sign) => {
    if (sign === "\n") return sign;
    return element("span", { class: read.next().value.rejected ? "is-refused" : null }, sign);
  });
}

function chip(digit, number) {
  const sign = digit.rejected ? "?" : String(digit.digit);
  const label = `digit ${number + 1}: ${digit.rejected ? "" : `${sign}, `}${said(digit)}`;
  const canvas = element("canvas", { class: "pixels", "aria-hidden": "true" });
  paintInk(canvas, digit.pixels);
  const attributes = { type: "button", class: "chip", role: "option", "data-number": number, "aria-label": label };
  const made = element("button", attributes, canvas, element("strong", {}, sign));
  made.append(element("small", {}, digit.rejected ? "refused" : percent(digit.confidence).replace("over ", ">")));
  made.classList.toggle("is-refused", digit.rejected);
  made.title = label;
  return made;
}

// A line of digits begins a line of chips.
function withBreaks(chips, lines) {
  let end = 0;
  return lines.flatMap((length) => [
    ...(end ? [element("span", { class: "break", "aria-hidden": "true" })] : []),
    ...chips.slice(end, (end += length)),
  ]);
}

function box(digit, number, { width, height }) {
  const [top, left, bottom, right] = digit.box;
  const made = element("span", { class: "box", "data-number": number });
  const sides = { top: top / height, left: left / width, height: (bottom - top) / height, width: (right - left) / width };
  for (const [name, share] of Object.entries(sides)) made.style.setProperty(name, `${100 * share}%`);
  made.classList.toggle("is-refused", digit.rejected);
  return made;
}
