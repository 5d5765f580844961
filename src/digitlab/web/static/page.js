// The page: what is drawn is asked for, and what is answered is shown.

import { getJSON, Latest, send } from "./asking.js";
import { showEvidence, showSpeaks, showSteps } from "./behind.js";
import { Card, sentenceOf } from "./cards.js";
import { byId, element } from "./dom.js";
import { Keeping } from "./keeping.js";
import { Pad } from "./pad.js";
import { imageAt, imageOf, listenForPictures } from "./pictures.js";
import { RowCard, sentenceOfRows } from "./rows.js";
import { listenToTools, showTools } from "./tools.js";
import { Units } from "./units.js";

// Between one question and the next while drawing.
const PAUSE_MS = { one: 120, several: 400 };
const WHOLE = "include=stages&include=why&include=units";

const pad = new Pad(byId("pad"));
const units = new Units();
const keeping = new Keeping(pad, complain);
// Both work off the newest wish only; what one of several digits is like is asked for beside what all of them are.
const [reading, looking] = [new Latest(read), new Latest(look)];
// `subject` counts the things that were on the pad, `revision` its changes, `placed` the pictures that were given;
// `read` is the revision that was read to its end, `sent` the file of it, and `shown` the answer that is looked into.
const state = {
  mode: "one", runs: [], cards: [], chosen: 0, subject: 0, revision: 0, placed: 0, read: 0, sent: null, shown: null, timer: 0,
};

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
  showChoice();
  showTools(pad);
  setMode();
}

function listen() {
  pad.addEventListener("change", (event) => changed(event.detail.anew));
  listenToTools(pad);
  byId("mode").addEventListener("change", setMode);
  listenForPictures(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAgain);
}

// What is on the pad stays, and is read anew.
function setMode() {
  state.mode = document.querySelector("#mode :checked").value;
  const isSeveral = state.mode === "several";
  document.documentElement.classList.toggle("is-several", isSeveral);
  state.cards = state.runs.map((info) => (isSeveral ? new RowCard(info, choose) : new Card(info)));
  byId("cards").replaceChildren(...state.cards.map((card) => card.node));
  byId("correct").hidden = isSeveral;
  showNothing();
  changed(true);
}

// Of pictures that come one after the other the last one stays, however long each takes to open.
async function place(file) {
  const number = ++state.placed;
  const image = await imageOf(file);
  if (number === state.placed) pad.place(file, image);
}

// What is on the pad has changed; `anew` where it is no longer what was there with more ink.
function changed(anew) {
  if (anew) state.subject += 1;
  state.revision += 1;
  showTools(pad);
  keeping.forget();
  byId("hint").hidden = !pad.isEmpty;
  for (const id of ["behind", "speaks"]) byId(id).classList.add("is-stale");
  if (pad.isEmpty) showNothing();
  else if (!pad.drawing) ask();
  else state.timer ||= setTimeout(ask, PAUSE_MS[state.mode]);
}

function ask() {
  clearTimeout(state.timer);
  state.timer = 0;
  const { subject, revision } = state;
  reading.ask({ subject, revision, whole: !pad.drawing });
}

async function read(asked) {
  if (asked.subject !== state.subject || pad.isEmpty) return;
  try {
    await (state.mode === "several" ? readSeveral(asked) : readOne(asked));
  } catch (error) {
    if (asked.subject === state.subject) fail(error);
  }
}

async function readOne({ subject, revision, whole }) {
  const { answers } = await send(`api/predict${whole ? `?${WHOLE}&run=${state.chosen}` : ""}`, await pad.file());
  if (subject !== state.subject) return;
  show((card, index) => card.show(answers[index]));
  // Of what has more ink by now, the answer is enough: the rest comes with the next one.
  if (!whole || revision !== state.revision) return;
  state.read = revision;
  byId("said").textContent = sentenceOf(answers);
  byId("correct").disabled = answers.every((answer) => answer.digit === null);
  const answer = answers[state.chosen];
  // Another run may have been chosen meanwhile.
  if (answer.why) showWhole(answer, revision).catch(complain);
  else ask();
}

async function readSeveral({ subject, revision, whole }) {
  const [image, file] = [pad.image(), await pad.file()];
  const told = await send("api/read", file);
  if (subject !== state.subject) return;
  show((card, index) => card.show(told.answers[index], told, image));
  if (!whole || revision !== state.revision) return;
  [state.read, state.sent] = [revision, file];
  byId("said").textContent = sentenceOfRows(told.answers);
  lookCloser();
}

// Ask what lies behind the digit that is chosen of several.
function lookCloser() {
  const { revision, chosen } = state;
  if (state.read !== revision) return;
  const { number } = state.cards[chosen];
  if (number === null) hideBehind();
  else looking.ask({ revision, chosen, number });
}

async function look({ revision, chosen, number }) {
  const isWanted = () => revision === state.revision && chosen === state.chosen && state.cards[chosen].number === number;
  if (!isWanted()) return;
  try {
    const answer = await send(`api/read/${chosen}/${number}?${WHOLE}`, state.sent);
    if (isWanted()) showWhole(answer, revision).catch(complain);
  } catch (error) {
    if (isWanted()) complain(error);
  }
}

function show(showCard) {
  byId("notice").hidden = true;
  byId("guide").hidden = true;
  state.cards.forEach(showCard);
}

// Show all that was asked for of one answer.
async function showWhole(answer, revision) {
  const { picture } = pad;
  if (picture && !picture.image) {
    const image = await imageAt(answer.stages[0].picture);
    if (revision !== state.revision) return;
    picture.image = image;
    pad.redraw();
    if (state.mode === "several") state.cards.forEach((card) => card.showImage(image));
  }
  state.shown = answer;
  showSteps(answer);
  showSpeaks(answer.why);
  for (const id of ["path", "speaks"]) byId(id).hidden = false;
  byId("speaks").classList.remove("is-stale");
  byId("behind").hidden = answer.digit === null;
  if (answer.digit === null) return;
  const name = state.runs.length > 1 ? ` of ${answer.name}` : "";
  byId("behind-title").textContent = `Behind the answer${name}: ${answer.digit}`;
  showEvidence(answer);
  await units.show(state.runs[answer.run], answer);
  if (revision === state.revision) byId("behind").classList.remove("is-stale");
}

function showNothing() {
  byId("guide").hidden = false;
  byId("notice").hidden = true;
  byId("said").textContent = "";
  byId("correct").disabled = true;
  hideBehind();
  for (const card of state.cards) card.show(null);
}

function hideBehind() {
  state.shown = null;
  for (const id of ["path", "speaks", "behind"]) byId(id).hidden = true;
}

function showChoice() {
  byId("choice").hidden = state.runs.length < 2;
  state.chosen = Math.max(0, state.runs.findIndex((info) => info.model !== "linear"));
  byId("choice").replaceChildren(
    ...state.runs.map((info) => {
      const input = element("input", { type: "radio", name: "run", value: info.run, checked: info.run === state.chosen });
      input.addEventListener("change", () => choose(info.run));
      return element("label", {}, input, info.name);
    }),
  );
}

// Look into another run, or at another digit that it reads.
function choose(run) {
  state.chosen = run;
  byId("choice").children[run].firstChild.checked = true;
  if (state.mode === "several") lookCloser();
  else if (!pad.isEmpty) ask();
}

// The colours have changed.
function showAgain() {
  pad.redraw();
  units.repaint();
  if (pad.isEmpty) showNothing();
  else ask();
}

// What is on the pad was not read: an answer that still stood there would be that of something else.
function fail(error) {
  showNothing();
  byId("guide").hidden = true;
  complain(error);
}

function complain(error) {
  byId("notice").textContent = error.message;
  byId("notice").hidden = false;
}
