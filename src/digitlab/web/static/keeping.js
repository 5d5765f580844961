// "That was a 7": what is on the pad is kept with the digit that it is, and can be taken back.

import { remove, send } from "./asking.js";
import { byId, DIGITS, element } from "./dom.js";

export class Keeping {
  #pad;
  #complain;
  #kept = null;
  // How often the pad has changed: what is kept belongs to what was on it then.
  #revision = 0;
  // One thing after the other, or a quick second click would leave the first one's picture behind.
  #last = Promise.resolve();

  constructor(pad, complain) {
    this.#pad = pad;
    this.#complain = complain;
    byId("labels").append(...DIGITS.map((label) => this.#button(label)));
    byId("back").addEventListener("click", () => this.#next(() => this.#takeBack()));
  }

  // The pad has changed.
  forget() {
    this.#revision += 1;
    if (!this.#kept) return;
    this.#kept = null;
    show("Tell what you meant: the picture is kept for learning.", null);
  }

  #button(label) {
    const attributes = { type: "button", "aria-pressed": "false", "aria-label": `That was a ${label}` };
    const button = element("button", attributes, String(label));
    button.addEventListener("click", () => {
      const [file, revision] = [this.#pad.file(), this.#revision];
      this.#next(async () => this.#keep(label, await file, revision));
    });
    return button;
  }

  #next(work) {
    this.#last = this.#last.then(work).catch(this.#complain);
  }

  async #keep(label, file, revision) {
    if (this.#kept && revision === this.#revision) await this.#takeBack();
    const kept = await send(`api/corrections?label=${label}`, file);
    const isOld = revision !== this.#revision;
    if (!isOld) this.#kept = kept;
    show(`Kept as a ${label} in the folder ${kept.folder}, which holds ${kept.count} now.`, isOld ? null : label);
  }

  async #takeBack() {
    if (!this.#kept) return;
    const { correction, label } = this.#kept;
    this.#kept = null;
    await remove(`api/corrections/${correction}`);
    // A button that disappears would take the focus with it.
    if (document.activeElement === byId("back")) byId("labels").children[label].focus();
    show(`The ${label} was taken back.`, null);
  }
}

function show(text, label) {
  byId("kept").textContent = text;
  byId("back").hidden = label === null;
  [...byId("labels").children].forEach((button, digit) => button.setAttribute("aria-pressed", digit === label));
}
