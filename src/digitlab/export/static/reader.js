// A run that reads in this page: its weights, and what its answers are held against.

import { grid, largest } from "./grids.js";
import { blank, prepare } from "./ink.js";
import { logitsOf, probabilitiesOf } from "./models.js";
import { reasonAgainst, strangenessOf } from "./refusal.js";

export class Reader {
  #layers;
  #guard;

  // `told` is what digitlab wrote into the file.
  constructor(told) {
    this.facts = told.facts;
    this.geometry = told.geometry;
    this.norms = told.norms;
    this.#layers = told.layers.map(arraysOf);
    this.#guard = told.guard.map(arraysOf);
    this.difference = this.#checked(told.check);
  }

  // The probability of each digit for pixels as the run was trained on, bytes.
  probabilities(pixels) {
    return probabilitiesOf(logitsOf(this.#layers, this.#grid(pixels)), this.norms.temperature);
  }

  // The log odds of pixels being no digit.
  strangeness(pixels) {
    return strangenessOf(logitsOf(this.#guard, this.#grid(pixels)));
  }

  // Read one digit in a picture, three planes of bytes: as `digitlab predict` answers, with all steps.
  read(picture) {
    const ink = prepare(picture, this.geometry);
    const { data } = ink.nothing ? blank(this.geometry) : ink.pixels;
    const probabilities = ink.nothing ? Array(10).fill(0.1) : this.probabilities(data);
    const strangeness = this.strangeness(data);
    const reason = reasonAgainst(ink, picture[0], probabilities, strangeness, this.norms);
    const digit = ink.nothing ? null : probabilities.indexOf(Math.max(...probabilities));
    return { digit, probabilities, rejected: reason !== "", reason, strangeness, box: ink.box, pixels: ink.pixels, stages: ink.stages };
  }

  #grid(data) {
    return grid(this.geometry.height, this.geometry.width, data);
  }

  // How far probabilities are from those that Python found for the same pixels.
  #checked(examples) {
    return largest(
      examples.flatMap(({ pixels, probabilities }) => {
        const found = this.probabilities(bytesOf(pixels));
        return probabilities.map((share, digit) => Math.abs(share - found[digit]));
      }),
    );
  }
}

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const floatsOf = (text) => {
  const bytes = new DataView(bytesOf(text).buffer);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, place) => bytes.getFloat32(4 * place, true));
};

const arraysOf = (layer) => ({ ...layer, kernel: floatsOf(layer.kernel), bias: floatsOf(layer.bias) });
