// The tools of the pad: undo, redo, clear, the width of the pen.

import { byId } from "./dom.js";

const PEN_UNIT = 0.01;

export function listenToTools(pad) {
  for (const name of ["undo", "redo", "clear"]) byId(name).addEventListener("click", () => pad[name]());
  document.addEventListener("keydown", (event) => shortcut(pad, event));
  const setPen = () => (pad.penWidth = PEN_UNIT * byId("pen").value);
  byId("pen").addEventListener("input", setPen);
  setPen();
}

// Show which of them can be used.
export function showTools(pad) {
  byId("undo").disabled = !pad.canUndo;
  byId("redo").disabled = !pad.canRedo;
  byId("clear").disabled = pad.isEmpty;
}

function shortcut(pad, event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "z") event.shiftKey ? pad.redo() : pad.undo();
  else if (key === "y") pad.redo();
  else return;
  event.preventDefault();
}
