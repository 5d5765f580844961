// The units of a run's first layer: tiles that light up, and one of them close up.

import { getJSON } from "./asking.js";
import { Bars } from "./cards.js";
import { byId, element } from "./dom.js";
import { paintSigned } from "./paint.js";

export class Units {
  #runs = new Map();
  #run = null;
  #answer = null;
  #wanted = null;
  // The unit that was chosen; the one that answers most where none was.
  #chosen = null;

  constructor() {
    byId("tiles").addEventListener("click", (event) => this.#clicked(event));
    byId("tiles").addEventListener("keydown", (event) => this.#key(event));
  }

  // Show how the units of a run answer, unless another answer is to be shown by the time they are here.
  async show(info, answer) {
    this.#wanted = answer;
    const run = await this.#opened(info);
    if (this.#wanted !== answer) return;
    this.#answer = answer;
    if (this.#run !== run) this.#turnTo(run);
    this.#light();
    this.#showCloseup();
  }

  repaint() {
    if (!this.#run) return;
    this.#paintTiles();
    this.#showCloseup();
  }

  async #opened(info) {
    if (!this.#runs.has(info)) {
      const layer = await getJSON(`api/runs/${info.run}/tiles`);
      this.#runs.set(info, { ...layer, info, rows: layer.tiles.map((tile) => inRows(tile, layer.width)) });
    }
    return this.#runs.get(info);
  }

  #turnTo(run) {
    this.#run = run;
    this.#chosen = null;
    this.#buildTiles();
  }

  #buildTiles() {
    const { info, rows } = this.#run;
    const isLinear = info.model === "linear";
    const tiles = byId("tiles");
    tiles.classList.toggle("has-names", isLinear);
    tiles.style.setProperty("--tile", rows.length > 60 ? "1.75rem" : isLinear ? "4.5rem" : "3.25rem");
    tiles.replaceChildren(
      ...rows.map((_, unit) =>
        element("button", { type: "button", class: "tile", role: "option", "data-unit": unit, tabindex: -1 },
          element("canvas", { "aria-hidden": "true" }), element("span", {}, String(unit))),
      ),
    );
    this.#paintTiles();
    byId("units-about").textContent = about(info, rows.length);
  }

  #paintTiles() {
    this.#run.rows.forEach((rows, unit) => paintSigned(byId("tiles").children[unit].firstChild, rows, 127));
  }

  #light() {
    const answers = this.#answer.units?.answers ?? [];
    const largest = Math.max(...answers.map((value) => Math.max(value, 0)), 1e-9);
    [...byId("tiles").children].forEach((tile, unit) => {
      const value = answers[unit] ?? 0;
      tile.style.setProperty("--light", Math.max(0, value) / largest);
      tile.setAttribute("aria-label", `unit ${unit}, answers ${value.toFixed(2)}`);
      tile.title = `unit ${unit}: ${value.toFixed(2)}`;
    });
  }

  get #shown() {
    const answers = this.#answer.units?.answers ?? [];
    return this.#chosen ?? Math.max(0, answers.indexOf(Math.max(...answers)));
  }

  #select(unit) {
    this.#chosen = unit;
    this.#showCloseup();
  }

  #clicked(event) {
    const tile = event.target.closest(".tile");
    if (tile) this.#select(Number(tile.dataset.unit));
  }

  #key(event) {
    const count = this.#run.rows.length;
    const columns = getComputedStyle(byId("tiles")).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.#select(Math.min(count - 1, Math.max(0, this.#shown + steps[event.key])));
    byId("tiles").children[this.#shown].focus();
  }

  #showCloseup() {
    const unit = this.#shown;
    [...byId("tiles").children].forEach((tile, index) => {
      tile.setAttribute("aria-selected", index === unit);
      tile.tabIndex = index === unit ? 0 : -1;
    });
    const { info, rows, votes, height } = this.#run;
    const canvas = element("canvas", { class: "pixels", role: "img", "aria-label": `weights of unit ${unit}` });
    const ink = height === this.#answer.pixels.length ? this.#answer.pixels : null;
    paintSigned(canvas, rows[unit], 127, ink);
    const value = this.#answer.units?.answers[unit];
    const name = info.model === "linear" ? `The weights of ${unit}` : `Unit ${unit}`;
    const parts = [canvas, element("h4", {}, name), element("p", { class: "soft" }, spoken(info, value))];
    if (votes) parts.push(...voting(votes[unit]));
    byId("closeup").replaceChildren(...parts);
  }
}

function voting(votes) {
  const bars = new Bars("What the unit adds to each digit");
  const largest = Math.max(...votes.map(Math.abs), 1e-9);
  bars.show(votes.map((vote) => vote / largest), null, (share) => (share * largest).toFixed(2));
  return [element("p", { class: "soft" }, "When it lights up it speaks for (up) and against (down):"), bars.node];
}

function spoken(info, value) {
  if (value === undefined) return "";
  if (info.model === "linear") return `Ink on these weights adds up to ${value.toFixed(2)} for this digit.`;
  return value > 0 ? `Answers ${value.toFixed(2)} to your digit.` : "Silent: your digit does not excite it.";
}

function about(info, count) {
  if (info.model === "linear") return "One tile for each digit. The brighter, the better your ink fits it.";
  const where = info.model === "conv" ? "a small pattern that is looked for all over the picture" : "a pattern of the whole picture";
  return `${count} units of the first layer, each ${where}. Bright ones answer to your digit. Click one to see it large.`;
}

const inRows = (values, width) =>
  Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));
