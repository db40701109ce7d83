// The text on the page, a span a token, and its colours: how surprising each token was, or what a view has found out about it.

import { bitsOf, element, pieceOf } from "./dom.js";
import { hear, lookAt, shownPlace, stage, tell } from "./stage.js";

// At so many bits of surprise the colour is full.
const FullSurprise = 10;

const text = element("text"), spans = [];

// What a token is painted by: `of(token)` gives a level from -1 to 1 and a note in words, `tone`, which colours, `ends`, what they mean.
const painters = {
  surprise: {
    tone: "heat", ends: ["likely", "surprising"],
    of({ node, isGiven }) {
      if (isGiven) stage.writer.judge(node);
      return node.logProb === null ? { level: 0, note: "" } : { level: -node.logProb / Math.LN2 / FullSurprise, note: "" };
    },
  },
  none: { tone: "none", ends: ["", ""], of: () => ({ level: 0, note: "" }) },
};

const painter = () => painters[stage.paint] ?? painters.none;

// Makes the spans those of the writer's tokens; `withheld` units are not shown at the end, where a text to stop at was found.
function showTokens(withheld = 0) {
  const { tokens } = stage.writer, added = document.createDocumentFragment();
  let same = Math.min(spans.length, tokens.length);
  while (same > 0 && spans[same - 1].token.node !== tokens[same - 1].node) same--;
  for (let i = 0; i < same; i++) spans[i].token = tokens[i];
  for (const old of spans.splice(same)) old.remove();
  for (let place = same; place < tokens.length; place++) {
    const span = spanOf(tokens[place], place);
    spans.push(span);
    added.append(span);
  }

  text.querySelector(".rest")?.remove();
  text.append(added);
  trim(withheld);
  markPlace();
}

function showRest(rest) {
  if (rest === "") return;
  const span = document.createElement("span");
  [span.className, span.textContent] = ["rest", rest];
  text.append(span);
}

// Only tokens at the end can be shown otherwise than they are.
function trim(units) {
  for (let place = spans.length - 1; place >= 0; place--) {
    const span = spans[place], whole = textOf(span.token), left = Math.max(0, whole.length - units);
    if (units === 0 && !span.hidden && span.textContent === whole) break;
    units -= whole.length - left;
    [span.textContent, span.hidden] = [whole.slice(0, left), left < whole.length && left === 0];
  }
}

// What opens every text is no part of it.
const textOf = ({ id, text, node }) => (node.place === 0 && id === stage.about.opening ? "" : text);

function spanOf(token, place) {
  const span = document.createElement("span");
  span.textContent = textOf(token);
  span.className = `token ${token.isGiven ? "given" : "written"}${span.textContent === "" ? " mute" : ""}`;
  Object.assign(span.dataset, { id: token.id, place });
  span.token = token;
  span.tabIndex = place === 0 ? 0 : -1;
  span.setAttribute("role", "button");
  if (span.textContent.trim() === "") span.setAttribute("aria-label", pieceOf(token.id));
  paintSpan(span, place);
  return span;
}

function paintSpan(span, place) {
  const { level } = painter().of(span.token, place);
  span.style.setProperty("--level", Math.min(1, Math.abs(level)).toFixed(3));
  span.classList.toggle("minus", level < 0);
}

// Paints all tokens again, by something else where a name is given.
function paintBy(name = stage.paint) {
  const isOther = stage.paint !== name;
  stage.paint = name;
  const { tone, ends } = painter();
  text.dataset.tone = element("paint").parentElement.dataset.tone = tone;
  element("paint").value = name;
  [element("low").textContent, element("high").textContent] = ends;
  spans.forEach(paintSpan);
  if (isOther) tell("paint");
}

// What is said of a token: how likely it was, and what the colours stand for.
function noteOf(token, place) {
  const { logProb } = stage.writer.judge(token.node), { note } = painter().of(token, place);
  const said = logProb === null ? "the beginning" : bitsOf(logProb);
  return note === "" ? said : `${said}; ${note}`;
}

const spanAt = place => spans[place];

function markPlace() {
  for (const marked of text.querySelectorAll("[aria-current]")) marked.removeAttribute("aria-current");
  if (stage.place !== null) spans[stage.place]?.setAttribute("aria-current", "true");
}

// One token at a time can be reached with the tabulator; arrows go on from there.
function goToToken(place, takesFocus = true) {
  const span = spans[place];
  if (span === undefined) return;
  for (const other of text.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
  span.tabIndex = 0;
  lookAt(place);
  if (takesFocus) span.focus();

  // The views stand below the text on a phone, and whoever looks at one would be taken away from it.
  else if (matchMedia("(min-width: 66rem)").matches) span.scrollIntoView({ block: "nearest" });
}

// Views that have found something out paint it; where another view is opened, what was chosen by hand is back.
const keepers = { unit: ["state", "units", "gates"], why: ["why"] };
let byHand = "surprise";

function paintForView(view) {
  if (stage.paint in keepers && !keepers[stage.paint].includes(view)) paintBy(byHand);
}

element("paint").addEventListener("change", ({ target: { value } }) => {
  if (!(value in keepers)) byHand = value;
  paintBy(value);
});
hear("place", markPlace);
hear("text", () => { if (shownPlace() >= stage.writer.tokens.length) lookAt(null); });

export { painters, showTokens, showRest, paintBy, paintForView, noteOf, spanAt, goToToken };
