// The page: what is drawn is asked for, and what is answered is shown.

import { getJSON, Latest, remove, send } from "./asking.js";
import { showEvidence, showSteps } from "./behind.js";
import { Card, sentenceOf } from "./cards.js";
import { byId, element } from "./dom.js";
import { Pad } from "./pad.js";
import { imageAt, imageOf, listenForPictures } from "./pictures.js";
import { Units } from "./units.js";

const PAUSE_MS = 120;
const WHOLE = "?include=stages&include=evidence&include=units";
const PEN_UNIT = 0.01;

const pad = new Pad(byId("pad"));
const units = new Units();
const reading = new Latest(read);
const state = { runs: [], cards: [], answers: null, chosen: 0, subject: 0, revision: 0, told: 0, kept: null, timer: 0 };

start();

async function start() {
  // The token has been kept as a cookie; it need not stay in the address.
  history.replaceState(null, "", location.pathname);
  document.documentElement.classList.toggle("has-touch", navigator.maxTouchPoints > 0);
  listen();
  try {
    state.runs = await getJSON("api/runs");
  } catch (error) {
    complain(error);
    return;
  }
  state.cards = state.runs.map((info) => new Card(info));
  byId("cards").replaceChildren(...state.cards.map((card) => card.node));
  showChoice();
  showTools();
}

function listen() {
  pad.addEventListener("change", (event) => changed(event.detail.anew));
  byId("undo").addEventListener("click", () => pad.undo());
  byId("redo").addEventListener("click", () => pad.redo());
  byId("clear").addEventListener("click", () => pad.clear());
  byId("pen").addEventListener("input", setPen);
  setPen();
  document.addEventListener("keydown", shortcut);
  listenForPictures(place);
  byId("labels").append(...[...Array(10).keys()].map(labelButton));
  byId("back").addEventListener("click", () => takeBack().catch(complain));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAgain);
}

function setPen() {
  pad.penWidth = PEN_UNIT * byId("pen").value;
}

function shortcut(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "z") event.shiftKey ? pad.redo() : pad.undo();
  else if (key === "y") pad.redo();
  else return;
  event.preventDefault();
}

async function place(file) {
  pad.place(file, await imageOf(file));
}

// What is on the pad has changed; `anew` where it is no longer what was there with more ink.
function changed(anew) {
  if (anew) state.subject += 1;
  state.revision += 1;
  showTools();
  forget();
  byId("hint").hidden = !pad.isEmpty;
  byId("behind").classList.add("is-stale");
  if (pad.isEmpty) showNothing();
  else if (!pad.drawing) ask();
  else state.timer ||= setTimeout(ask, PAUSE_MS);
}

function ask() {
  clearTimeout(state.timer);
  state.timer = 0;
  reading.ask({ subject: state.subject, revision: state.revision, whole: !pad.drawing });
}

async function read({ subject, revision, whole }) {
  if (subject !== state.subject || pad.isEmpty) return;
  try {
    const told = await send(`api/predict${whole ? WHOLE : ""}`, await pad.file());
    if (subject !== state.subject) return;
    show(told.answers);
    // Of what has more ink by now, the answer is enough: the rest comes with the next one.
    if (!whole || revision !== state.revision) return;
    state.told = revision;
    await showWhole(told.answers);
  } catch (error) {
    if (subject === state.subject) complain(error);
  }
}

function show(answers) {
  byId("notice").hidden = true;
  byId("guide").hidden = true;
  state.answers = answers;
  answers.forEach((answer, index) => state.cards[index].show(answer));
}

async function showWhole(answers) {
  byId("said").textContent = sentenceOf(answers);
  byId("correct").disabled = answers.every((answer) => answer.digit === null);
  const remarks = [...new Set(answers.flatMap((answer) => answer.remarks))];
  byId("remarks").hidden = remarks.length === 0;
  byId("remarks").replaceChildren(...remarks.map((remark) => element("li", {}, remark)));
  const { picture } = pad;
  if (picture && !picture.image && answers[0].stages) {
    picture.image = await imageAt(answers[0].stages[0].picture);
    pad.redraw();
  }
  showSteps(answers[0]);
  byId("path").hidden = !answers[0].stages;
  await showBehind();
}

async function showBehind() {
  const answer = state.answers?.[state.chosen];
  byId("behind").hidden = !answer || answer.digit === null;
  if (!answer?.units) return;
  showEvidence(answer);
  await units.show(state.runs[state.chosen], answer);
  byId("behind").classList.toggle("is-stale", state.told !== state.revision);
}

function showNothing() {
  state.answers = null;
  byId("guide").hidden = false;
  byId("path").hidden = true;
  byId("notice").hidden = true;
  byId("said").textContent = "";
  byId("remarks").hidden = true;
  byId("correct").disabled = true;
  byId("behind").hidden = true;
  for (const card of state.cards) card.show(null);
}

function showTools() {
  byId("undo").disabled = !pad.canUndo;
  byId("redo").disabled = !pad.canRedo;
  byId("clear").disabled = pad.isEmpty;
}

function showChoice() {
  byId("choice").hidden = state.runs.length < 2;
  state.chosen = Math.max(0, state.runs.findIndex((info) => info.model !== "linear"));
  byId("choice").replaceChildren(
    ...state.runs.map((info) => {
      const input = element("input", { type: "radio", name: "run", value: info.run, checked: info.run === state.chosen });
      input.addEventListener("change", () => {
        state.chosen = info.run;
        showBehind().catch(complain);
      });
      return element("label", {}, input, info.name);
    }),
  );
}

// The colours have changed.
function showAgain() {
  pad.redraw();
  state.cards.forEach((card, index) => card.show(state.answers?.[index] ?? null));
  units.repaint();
  showBehind().catch(complain);
}

function complain(error) {
  byId("notice").textContent = error.message;
  byId("notice").hidden = false;
}

function labelButton(label) {
  const button = element("button", { type: "button", "aria-pressed": "false", "aria-label": `That was a ${label}` });
  button.append(String(label));
  button.addEventListener("click", () => correct(label).catch(complain));
  return button;
}

async function correct(label) {
  const file = await pad.file();
  const { subject } = state;
  if (state.kept) await takeBack();
  const kept = await send(`api/corrections?label=${label}`, file);
  if (subject === state.subject) state.kept = kept;
  showKept(`Kept as a ${label} in the folder ${kept.folder}, which holds ${kept.count} now.`, label);
}

async function takeBack() {
  const { correction, label } = state.kept;
  await remove(`api/corrections/${correction}`);
  state.kept = null;
  showKept(`The ${label} was taken back.`, null);
}

// What is kept belongs to what was on the pad.
function forget() {
  if (!state.kept) return;
  state.kept = null;
  showKept("Tell what you meant: the picture is kept for learning.", null);
}

function showKept(text, label) {
  byId("kept").textContent = text;
  byId("back").hidden = label === null;
  [...byId("labels").children].forEach((button, digit) => button.setAttribute("aria-pressed", digit === label));
}
