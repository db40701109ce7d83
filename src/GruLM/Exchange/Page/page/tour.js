// The guided tour: seven steps from "a model predicts the next piece" to gates and memory. Each points at a part of the page and asks for
// something small; the page can be used meanwhile in any way, and the tour can be left and taken up again.

import { element, make } from "./dom.js";
import { hear, stage } from "./stage.js";
import { currentView, showView } from "./tabs.js";

// `at` is pointed out, `view` is opened, `isDone` tells whether what was asked for has been done. `note` is said then.
const steps = [
  {
    title: "A model predicts the next piece", at: "#form",
    text: "A language model does one thing: it reads a text and says how likely every piece is to come next. One is drawn, and so on.",
    task: "Write a beginning, such as “The ”, and press Write.",
    isDone: () => stage.writer.tokens.some(token => !token.isGiven) && stage.state === "done",
    note: "Each piece you see was drawn in this way, here, on your device.",
  },
  {
    title: "Some pieces surprise it", at: "#text",
    text: "The colour of a piece is its surprise in bits: one bit for each time you would have to halve its chance from certain. "
      + "Inside a word little surprises; a new word may be anything.",
    task: "Go to a coloured piece and look at what else could have stood there.",
    isDone: () => stage.place !== null,
    note: "The list shows the likeliest pieces at that place, and the figure above it the surprise of the one that was drawn.",
  },
  {
    title: "Chance decides, and you set how much", at: "#view-chances", view: "chances",
    text: "The upper bar is what the model says, the lower what the settings make of it. Temperature below 1 favours the likely; "
      + "above 1 it evens out. Top-k, top-p and min-p cut off the unlikely.",
    task: "Move the temperature to 0, then to 2, and watch the lower bars.",
    begin: () => { moved = false; },
    isDone: () => moved,
    note: "At 0 the likeliest piece always wins. The model is the same all the time: only the draw changes.",
  },
  {
    title: "Every text is one way among many", at: "#view-branches", view: "branches",
    text: "Another piece at one place, and the rest of the text becomes another. Nothing is lost: all ways stay here, and Undo goes back.",
    task: "Choose another piece in the list beside a token, then come back here.",
    isDone: () => hasFork(stage.writer.root),
    note: "Both ways stand here. Choose one to go there again.",
  },
  {
    title: "What it remembers", at: "#view-state", view: "state",
    text: "The model does not look back at the text. All that it knows of it is the state: a few hundred numbers, the squares. "
      + "Each piece it reads changes some of them.",
    task: "Step through the text, or go along it with the arrow keys, and watch the squares.",
    begin: () => { places = new Set(); },
    isDone: () => places.size >= 3,
    note: "Some squares change at every piece; others hold for a whole line. That is memory.",
  },
  {
    title: "Units that mean something", at: "#view-units", view: "units",
    text: "Nobody told the model what a line or a quotation is. Yet some units follow such things, since it helps to guess.",
    task: "Press “Find units with a meaning”, and choose one of those found.",
    isDone: () => chosen,
    begin: () => { chosen = false; },
    note: "Its value is painted over the text now. Near ±1 it follows well; a model trained for longer has more of these.",
  },
  {
    title: "Gates: what to keep, what to forget", at: "#view-gates", view: "gates",
    text: "How can a number hold for a whole line? The gate z decides at each piece: near 1 the unit keeps what it has, near 0 it takes "
      + "the new n. The gate r decides whether n looks at the old state. These gates, learned, are all of a GRU.",
    task: "Go along the text and find a place where z falls and h jumps. Then ask the view Why for the pieces that mattered.",
    isDone: () => currentView() === "why",
    note: "So that is what it does: it reads, keeps, forgets, and guesses. The page is yours to try.",
  },
];

let at = -1, moved = false, places = new Set(), chosen = false, isDone = false;

const card = element("tour");

function hasFork(node) {
  for (; node.children.length > 0; node = node.children[0]) if (node.children.length > 1) return true;
  return false;
}

function goTo(next) {
  document.querySelector(".toured")?.classList.remove("toured");
  at = next;
  card.hidden = at < 0;
  document.body.classList.toggle("touring", at >= 0);
  if (at < 0) return element("tour-begin").focus();
  const step = steps[at];
  if (step.view) showView(step.view);
  isDone = false;
  step.begin?.();
  const pointed = document.querySelector(step.at), isLast = at === steps.length - 1;
  pointed.classList.add("toured");

  // The card stands beside what it speaks of, where there is room.
  card.classList.toggle("left", element("lab").contains(pointed));
  card.replaceChildren(
    make("p", { class: "soft", text: `Step ${at + 1} of ${steps.length}` }),
    make("h2", { id: "tour-title", tabindex: -1, text: step.title }), make("p", { text: step.text }),
    make("p", { class: "task", text: step.task }),
    make("p", { class: "note", role: "status" }),
    make(
      "div", { class: "buttons" },
      make("button", { type: "button", id: "tour-back", text: "Back", disabled: at === 0, onclick: () => goTo(at - 1) }),
      make("button", { type: "button", id: "tour-next", class: "first", text: isLast ? "Finish" : "Next",
        onclick: () => goTo(isLast ? -1 : at + 1) }),
      make("button", { type: "button", id: "tour-end", text: "Leave the tour", onclick: () => goTo(-1) })));
  element("tour-title").focus({ preventScroll: true });
  pointed.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  look();
}

// Whether what the step asks for has been done; told once.
function look() {
  if (at < 0 || isDone || !steps[at].isDone()) return;
  isDone = true;
  const note = card.querySelector(".note");
  note.textContent = `✓ ${steps[at].note}`;
  card.dataset.done = at;
}

function listenToTour() {
  element("tour-begin").addEventListener("click", () => goTo(0));
  card.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    goTo(-1);
  });
  hear("settings", () => { moved = true; });
  hear("place", () => { if (stage.place !== null) places.add(stage.place); });
  hear("unit", () => { chosen = true; });
  hear("text place settings unit state view", look);
}

export { listenToTour };
