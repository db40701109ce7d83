// How a text is written on the page: in slices that are short enough for the page to be used meanwhile. Each text that is left for another
// one can be come back to.

import { element, pause } from "./dom.js";
import { readSettings, showSettings } from "./form.js";
import { hear, lookAt, stage, tell } from "./stage.js";
import { goToToken, showRest, showTokens } from "./tokens.js";

const SliceMs = 30, SlowMs = 40, MostKeptTexts = 100;

const [form, status] = ["form", "status"].map(element);
const [writeButton, stopButton, moreButton, undoButton, redoButton] = ["write", "stop", "more", "undo", "redo"].map(element);

let isStopped = false, isOver = true, asked = 0, pending = Promise.resolve();

// Texts to go back to and forward to.
const past = [], future = [];

const say = message => { status.textContent = message; };

function sayBroken(error) {
  document.body.dataset.state = stage.state = "broken";
  say(`This page does not work here: ${error.message}`);
}

function setState(state) {
  document.body.dataset.state = stage.state = state;
  const isWriting = state === "writing", hasText = stage.writer.tokens.length > 0;
  [writeButton.disabled, stopButton.disabled, moreButton.disabled] = [false, !isWriting, isWriting || isOver || !hasText];
  [undoButton.disabled, redoButton.hidden] = [past.length === 0, future.length === 0];
  element("share").disabled = isWriting || !hasText;

  // What changes many times a second is not read out.
  status.setAttribute("aria-live", isWriting ? "off" : "polite");
  tell("state");
}

// Ends what is being written, then does something with the writer and writes on, if `writes`; what is asked for last is done.
async function writeAfter(change, writes = true) {
  const mine = ++asked;
  isStopped = true;
  await pending;
  if (mine !== asked || stage.state === "broken") return;
  isStopped = false;
  pending = write(change, writes).catch(sayBroken);
}

async function write(change, writes) {
  if (change() === false) return;
  const { writer } = stage, before = writer.tokens.length;
  showTokens();
  if (!writes) return finish("");
  setState("writing");
  const end = before + Math.max(1, Number(element("tokens").value) || 256), began = performance.now();
  let hasEnded = false, paused = 0, told = "";
  while (!isStopped && !hasEnded && writer.tokens.length < end) {
    const isSlow = element("slowly").checked, until = performance.now() + (isSlow ? 0 : SliceMs);
    do hasEnded = writer.next() === null;
    while (!hasEnded && writer.tokens.length < end && performance.now() < until);
    showTokens(writer.end.withheld);
    const speed = Math.round(1000 * (writer.tokens.length - before) / (performance.now() - began - paused));
    told = `${countOf(writer)} tokens, ${speed.toLocaleString("en")} a second`;
    say(told);
    tell("text");
    const pausing = performance.now();
    await pause(isSlow ? SlowMs : 0);
    if (isSlow) paused += performance.now() - pausing;
  }

  const { isFound } = writer.end;
  isOver = hasEnded && !isFound;
  if (isOver) showRest(writer.rest);
  const why = isFound ? "; stopped before the text to stop at" : isOver ? "; the model has ended the text" : "";
  finish(`${told}, seed ${writer.settings.seed}${why}`);
}

const countOf = writer => writer.tokens.length - writer.tokens.findLastIndex(token => token.isGiven) - 1;

function finish(message) {
  setState("done");
  say(message);
  tell("text");
}

// Before a text is left for another one.
function remember() {
  if (stage.writer.tokens.length === 0) return;
  past.push(stage.writer.snapshot());
  if (past.length > MostKeptTexts) past.shift();
  future.length = 0;
}

function begin() {
  if (!form.reportValidity()) return false;
  remember();
  lookAt(null);
  stage.writer.begin(element("prompt").value, readSettings());
}

// The settings of the form hold from here on; the seed stays.
function follow() {
  stage.writer.settings = { ...readSettings(), seed: stage.writer.settings.seed };
}

const takeBranch = (place, id) => writeAfter(() => {
  remember();
  follow();
  stage.writer.branch(place, id);
  showTokens();
  goToToken(place);
});

// The same beginning with other numbers drawn.
const takeOtherWay = place => writeAfter(() => {
  remember();
  stage.writer.settings = readSettings();
  stage.writer.cut(place);
  lookAt(null);
});

const takeNode = node => writeAfter(() => {
  remember();
  stage.writer.moveTo(node);
  isOver = false;
  lookAt(null);
}, false);

const takeText = change => writeAfter(() => {
  remember();
  change();
  isOver = false;
}, false);

const step = (from, to) => writeAfter(() => {
  if (from.length === 0) return false;
  to.push(stage.writer.snapshot());
  stage.writer.restore(from.pop());
  isOver = false;
  showSettings(stage.writer.settings);
}, false);

const undo = () => step(past, future), redo = () => step(future, past);

function listenToForm() {
  form.addEventListener("submit", event => {
    event.preventDefault();
    if (stage.writer !== null) writeAfter(begin);
  });
  element("prompt").addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") isStopped = true;
    const isTyping = event.target.matches("textarea, input[type=text], input[type=number]");
    if (isTyping || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
  });
  stopButton.addEventListener("click", () => { isStopped = true; });
  moreButton.addEventListener("click", () => writeAfter(follow));
  undoButton.addEventListener("click", undo);
  redoButton.addEventListener("click", redo);
  hear("settings", () => { if (stage.writer.tokens.length > 0) follow(); });
}

export { listenToForm, setState, say, sayBroken, takeBranch, takeOtherWay, takeNode, takeText };
