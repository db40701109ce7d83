// The page: a form, the text as it is written, and what else could have stood at each place. Tokens are written in slices that
// are short enough for the page to be used meanwhile.

import { createModel } from "./engine.js";
import { readSource } from "./source.js";
import { Tokenizer } from "./tokenizer.js";
import { Writer } from "./writer.js";

const SliceMs = 30, SlowMs = 40, HideMs = 250;

// At so many bits of surprise the shade is full.
const FullSurprise = 10;

const element = id => document.getElementById(id);
const [form, text, choices, status] = ["form", "text", "choices", "status"].map(element);
const [writeButton, stopButton, moreButton] = ["write", "stop", "more"].map(element);
const channel = new MessageChannel();

let writer, isStopped = false, asked = 0, pending = Promise.resolve(), shownFor = null, hiding = 0;

// What the sliders are set to: the model's own defaults, which may stand between their steps, until they are moved.
const chosen = {};

const say = message => { status.textContent = message; };
const sayBroken = error => {
  document.body.dataset.state = "broken";
  say(`This page does not work here: ${error.message}`);
};
const setState = state => {
  document.body.dataset.state = state;
  [writeButton.disabled, stopButton.disabled] = [false, state !== "writing"];

  // What changes many times a second is not read out.
  status.setAttribute("aria-live", state === "writing" ? "off" : "polite");
};

// Lets the browser draw and hear before the next slice.
const pause = ms => new Promise(resolve => {
  if (ms > 0) return setTimeout(resolve, ms);
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(null);
});

async function start() {
  const source = readSource(), { defaults } = source.about;
  prepareSliders(defaults);
  const tokenizer = new Tokenizer(source.tokenizer);
  writer = new Writer(await createModel(source.about.config, source.weights, source.kernel), tokenizer, source.about);
  document.body.dataset.compiled = writer.model.kernel.isCompiled;
  setState("ready");
  say("");
}

function prepareSliders(defaults) {
  for (const [id, value] of Object.entries(defaults)) {
    const slider = element(id);
    const choose = number => {
      chosen[id] = number;
      element(`${id}-shown`).textContent = id === "top-k" && number === 0 ? "all" : number;
    };
    slider.max = Math.max(slider.max, value);
    slider.value = value;
    slider.addEventListener("input", () => choose(Number(slider.value)));
    choose(value);
  }
}

// The settings as the form has them; a seed is drawn where none is given.
function readSettings() {
  const typed = element("seed").value.trim(), drawn = crypto.getRandomValues(new Uint32Array(1))[0];
  const seed = BigInt.asUintN(64, BigInt(typed === "" ? drawn : typed));
  const { temperature, "top-k": topK, "top-p": topP, "min-p": minP, "repeat-penalty": repeatPenalty } = chosen;
  const stop = element("stop-text").value.replaceAll("\\n", "\n"), ignoresEnd = !element("ends").checked;
  return { temperature, topK, topP, minP, repeatPenalty, seed, stop, ignoresEnd };
}

// Ends what is being written, then does something with the writer and writes on; what is asked for last is done.
async function writeAfter(change) {
  const mine = ++asked;
  isStopped = true;
  await pending;
  if (mine !== asked) return;
  isStopped = false;
  pending = write(change).catch(sayBroken);
}

async function write(change) {
  if (change() === false) return;
  setState("writing");
  moreButton.disabled = true;
  hideChoices();
  showAll();
  const end = writer.tokens.length + Math.max(1, Number(element("tokens").value) || 256), began = performance.now();
  const before = writer.tokens.length;
  let hasEnded = false, paused = 0, told = "";
  while (!isStopped && !hasEnded && writer.tokens.length < end) {
    const isSlow = element("slowly").checked, until = performance.now() + (isSlow ? 0 : SliceMs), added = document.createDocumentFragment();
    do {
      const token = writer.next();
      hasEnded = token === null;
      if (token) added.append(spanOf(token, writer.tokens.length - 1));
    } while (!hasEnded && writer.tokens.length < end && performance.now() < until);
    text.append(added);
    const written = writer.tokens.length - before;
    const speed = Math.round(1000 * written / (performance.now() - began - paused));
    told = `${writer.tokens.length} tokens, ${speed.toLocaleString("en")} a second`;
    say(told);
    const pausing = performance.now();
    await pause(isSlow ? SlowMs : 0);
    if (isSlow) paused += performance.now() - pausing;
  }

  const { isFound, withheld } = writer.end, isOver = hasEnded && !isFound;
  if (isFound) hideLast(withheld);
  else if (hasEnded && writer.rest !== "") text.append(writer.rest);
  moreButton.disabled = isOver;
  setState("done");
  const why = isFound ? "; stopped before the text to stop at" : isOver ? "; the model has ended the text" : "";
  say(`${told}, seed ${writer.sampler.settings.seed}${why}`);
}

function beginText() {
  if (!form.reportValidity()) return false;
  const prompt = element("prompt").value, shown = document.createElement("span");
  writer.begin(prompt, readSettings());
  shown.className = "begun";
  shown.textContent = prompt;
  text.replaceChildren(shown);
}

function goOn() {
  writer.settings = { ...readSettings(), seed: writer.sampler.settings.seed };
}

function branch(place, id) {
  goOn();
  for (const old of [...text.children].filter(span => Number(span.dataset.place) >= place)) old.remove();
  while (text.lastChild?.nodeType === Node.TEXT_NODE) text.lastChild.remove();
  const span = spanOf(writer.branch(place, id), place);
  text.append(span);
  setCurrent(span);
}

// Takes so much text from the end, until the text goes on.
function hideLast(units) {
  for (let span = text.lastElementChild; units > 0 && span?.matches(".token"); span = span.previousElementSibling) {
    const left = Math.max(0, span.textContent.length - units);
    units -= span.textContent.length - left;
    span.textContent = span.textContent.slice(0, left);
    if (left === 0) span.hidden = true;
  }
}

function showAll() {
  for (let span = text.lastElementChild; span?.matches(".token"); span = span.previousElementSibling) {
    const token = writer.tokens[span.dataset.place];
    if (!span.hidden && span.textContent === token.text) break;
    [span.hidden, span.textContent] = [false, token.text];
  }
}

function spanOf(token, place) {
  const span = document.createElement("span"), bits = -token.logProb / Math.LN2;
  span.className = token.text === "" ? "token mute" : "token";
  span.textContent = token.text;
  Object.assign(span.dataset, { id: token.id, place });
  span.tabIndex = place === 0 ? 0 : -1;
  span.setAttribute("role", "button");
  span.style.setProperty("--surprise", Math.min(1, Math.max(0, bits / FullSurprise)).toFixed(3));
  return span;
}

// ---- What else could have stood at a place. ----

const percent = logProb => {
  const share = 100 * Math.exp(logProb);
  return `${share >= 10 ? share.toFixed(0) : share >= 0.1 ? share.toFixed(1) : "< 0.1"} %`;
};

// A piece so that all of it can be seen.
const pieceOf = id => writer.tokenizer.pieces[id].text.replaceAll("\u2581", "\u2423").replaceAll("\n", "\u23CE").replaceAll("\t", "\u21E5");

function showChoices(span) {
  const token = writer?.tokens[span.dataset.place];
  clearTimeout(hiding);
  if (token === undefined || shownFor === span) return;
  hideChoices();
  const note = document.createElement("p"), place = Number(span.dataset.place);
  note.className = "soft";
  note.textContent = `${pieceOf(token.id)}: ${percent(token.logProb)}, ${(-token.logProb / Math.LN2).toFixed(1)} bits`;
  choices.replaceChildren(note, ...token.best.map(({ id, logProb }) => choiceOf(place, id, logProb, id === token.id)));
  choices.hidden = false;
  span.setAttribute("aria-expanded", "true");
  const frame = choices.parentElement.getBoundingClientRect(), room = frame.width - choices.offsetWidth - 8;
  const { left, top, bottom } = span.getClientRects()[0] ?? frame, height = choices.offsetHeight;

  // Above the token where there is no room below it, and more above.
  const isAbove = innerHeight - bottom < height && innerHeight - bottom < top;
  choices.style.left = `${Math.max(8, Math.min(left - frame.left, room))}px`;
  choices.style.top = `${(isAbove ? top - height : bottom) - frame.top}px`;
  shownFor = span;
}

function choiceOf(place, id, logProb, isCurrent) {
  const button = document.createElement("button"), piece = document.createElement("span"), share = document.createElement("span");
  [button.type, button.tabIndex, piece.className] = ["button", -1, "piece"];
  [piece.textContent, share.textContent] = [pieceOf(id), percent(logProb)];
  button.setAttribute("aria-current", isCurrent);
  button.dataset.id = id;
  button.style.setProperty("--share", Math.exp(logProb).toFixed(3));
  button.append(piece, share);
  button.addEventListener("click", () => writeAfter(() => branch(place, id)));
  return button;
}

function hideChoices() {
  clearTimeout(hiding);
  if (choices.contains(document.activeElement)) shownFor?.focus();
  shownFor?.removeAttribute("aria-expanded");
  choices.hidden = true;
  shownFor = null;
}

const hideSoon = () => {
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    if (shownFor !== document.activeElement && !choices.contains(document.activeElement)) hideChoices();
  }, HideMs);
};

// One token at a time can be reached with the tabulator; arrows go on from there.
function setCurrent(span) {
  for (const other of text.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
  span.tabIndex = 0;
  span.focus();
}

function goFromToken(event) {
  const span = event.target, tokens = [...text.querySelectorAll(".token")];
  const to = { ArrowRight: span.nextElementSibling, ArrowLeft: span.previousElementSibling, Home: tokens[0], End: tokens.at(-1) };
  if (event.key === "Escape") hideChoices();
  else if (event.key === "Enter" || event.key === " " || event.key === "ArrowDown") {
    showChoices(span);
    choices.querySelector("button")?.focus();
  } else if (event.key in to) {
    if (to[event.key]?.classList.contains("token")) setCurrent(to[event.key]);
  } else return;
  event.preventDefault();
}

function goFromChoice(event) {
  const button = document.activeElement.closest("#choices button");
  if (event.key === "Escape" || event.key === "Tab") hideChoices();
  else if (event.key === "ArrowDown") button?.nextElementSibling?.focus();
  else if (event.key === "ArrowUp") (button?.previousElementSibling?.matches("button") ? button.previousElementSibling : shownFor)?.focus();
  else return;
  event.preventDefault();
}

const tokenOf = event => event.target.closest(".token");
text.addEventListener("pointerover", event => { if (event.pointerType === "mouse" && tokenOf(event)) showChoices(tokenOf(event)); });
text.addEventListener("pointerleave", hideSoon);
text.addEventListener("focusin", event => showChoices(event.target));
text.addEventListener("focusout", hideSoon);
text.addEventListener("click", event => { if (tokenOf(event)) setCurrent(tokenOf(event)); });
text.addEventListener("keydown", event => { if (tokenOf(event)) goFromToken(event); });
choices.addEventListener("pointerenter", () => clearTimeout(hiding));
choices.addEventListener("pointerleave", hideSoon);
choices.addEventListener("focusout", hideSoon);
choices.addEventListener("keydown", goFromChoice);
form.addEventListener("submit", event => {
  event.preventDefault();
  if (writer !== undefined) writeAfter(beginText);
});
element("prompt").addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
document.addEventListener("keydown", event => { if (event.key === "Escape") isStopped = true; });
element("shades").addEventListener("change", event => text.classList.toggle("shaded", event.target.checked));
stopButton.addEventListener("click", () => { isStopped = true; });
moreButton.addEventListener("click", () => writeAfter(goOn));

start().catch(sayBroken);

export { start };
