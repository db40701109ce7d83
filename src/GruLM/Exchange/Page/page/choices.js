// What else could have stood at a place: a list beside a token, which shows while somebody points at it or is there with the keyboard.

import { barButton, element, make, percentOf, pieceOf } from "./dom.js";
import { hear, lookAt, stage } from "./stage.js";
import { goToToken, noteOf } from "./tokens.js";
import { takeBranch, takeOtherWay } from "./writing.js";

const ShowMs = 120, HideMs = 250;

const text = element("text"), choices = element("choices");

let shownFor = null, hiding = 0, showing = 0;

function showChoices(span) {
  clearTimeout(hiding);
  if (span.token === undefined || shownFor === span) return;
  hideChoices();
  const place = Number(span.dataset.place), { token } = span, { best } = stage.writer.judge(token.node);
  const note = make("p", { class: "soft", id: "choices-note", text: `${pieceOf(token.id)} ${noteOf(token, place)}` });
  const others = best.map(({ id, logProb }) => barButton({
    label: pieceOf(id), figure: percentOf(Math.exp(logProb)), share: Math.exp(logProb), isCurrent: id === token.id, tabindex: -1,
    "data-id": id, onclick: () => takeBranch(place, id),
  }));
  const again = make("button", {
    type: "button", class: "again", tabindex: -1, text: "Draw again from here", onclick: () => takeOtherWay(place),
  });
  choices.replaceChildren(note, ...others, ...(best.length > 0 ? [again] : []));
  choices.hidden = false;
  span.setAttribute("aria-expanded", "true");
  span.setAttribute("aria-describedby", "choices-note");
  shownFor = span;
  putBeside(span);
}

// Below the token; above it where there is no room below, and more above.
function putBeside(span) {
  const frame = choices.parentElement.getBoundingClientRect(), room = frame.width - choices.offsetWidth - 8;
  const { left, top, bottom } = span.getClientRects()[0] ?? frame, height = choices.offsetHeight;
  const isAbove = innerHeight - bottom < height && innerHeight - bottom < top;
  choices.style.left = `${Math.max(8, Math.min(left - frame.left, room))}px`;
  choices.style.top = `${(isAbove ? top - height : bottom) - frame.top}px`;
}

function hideChoices() {
  clearTimeout(hiding);
  clearTimeout(showing);
  if (choices.contains(document.activeElement)) shownFor?.focus();
  shownFor?.removeAttribute("aria-expanded");
  shownFor?.removeAttribute("aria-describedby");
  choices.hidden = true;
  shownFor = null;
}

// Not while the keyboard is there.
function hideUnlessUsed() {
  if (shownFor !== document.activeElement && !choices.contains(document.activeElement)) hideChoices();
}

function hideSoon() {
  clearTimeout(showing);
  clearTimeout(hiding);
  hiding = setTimeout(hideUnlessUsed, HideMs);
}

// A pointer that only passes by opens nothing.
function showSoon(span) {
  clearTimeout(showing);
  showing = setTimeout(() => { if (span.isConnected) showChoices(span); }, ShowMs);
}

function goFromToken(event, span) {
  const place = Number(span.dataset.place), last = stage.writer.tokens.length - 1;
  const to = { ArrowRight: Math.min(last, place + 1), ArrowLeft: Math.max(0, place - 1), Home: 0, End: last };
  if (event.key === "Escape") {
    hideChoices();
    lookAt(null);
  } else if (event.key === "Enter" || event.key === " " || event.key === "ArrowDown") {
    showChoices(span);
    choices.querySelector("button")?.focus();
  } else if (event.key in to) goToToken(to[event.key]);
  else return;
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

function listenToTokens() {
  const spanOf = event => event.target.closest(".token");
  text.addEventListener("pointerover", event => { if (event.pointerType === "mouse" && spanOf(event)) showSoon(spanOf(event)); });
  text.addEventListener("pointerleave", hideSoon);
  text.addEventListener("focusin", event => {
    if (!spanOf(event)) return;
    lookAt(Number(spanOf(event).dataset.place));
    showChoices(spanOf(event));
  });
  text.addEventListener("focusout", hideSoon);
  text.addEventListener("click", event => {
    if (spanOf(event)) goToToken(Number(spanOf(event).dataset.place));
    else {
      hideChoices();
      lookAt(null);
    }
  });
  text.addEventListener("keydown", event => { if (spanOf(event)) goFromToken(event, spanOf(event)); });
  choices.addEventListener("pointerenter", () => clearTimeout(hiding));
  choices.addEventListener("pointerleave", hideSoon);
  choices.addEventListener("focusout", hideSoon);
  choices.addEventListener("keydown", goFromChoice);
  addEventListener("scroll", hideUnlessUsed, { capture: true, passive: true });
  hear("state", () => { if (stage.state === "writing") hideChoices(); });
}

export { listenToTokens };
