// The views of the lab, of which one is seen at a time; only that one is kept up to date: at most once a picture, and seldomer while a
// text is written, so that the writing stays fast.

import { element, make } from "./dom.js";
import { hear, stage, tell } from "./stage.js";
import { paintForView } from "./tokens.js";

// { id, events, build(panel), update(event), isSlow }: slow ones wait until the text is written.
const views = [];
const WritingMs = 150;

let current = null, isAsked = false, lastEvent = "", updated = 0;

function addView(view) {
  const panel = element(`view-${view.id}`);
  const tab = make("button", {
    type: "button", role: "tab", id: `tab-${view.id}`, "aria-controls": panel.id, "aria-selected": "false", tabindex: -1,
    text: panel.dataset.title, onclick: () => showView(view.id),
  });
  element("tabs").append(tab);
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", tab.id);
  panel.hidden = true;
  view.build(panel);
  views.push({ ...view, tab, panel });
}

// A view that this model has nothing for.
function leaveOut(id) {
  element(`view-${id}`).remove();
}

const currentView = () => current?.id ?? "";

function showView(id) {
  const next = views.find(view => view.id === id);
  if (next === undefined || next === current) return;
  for (const view of views) {
    const isShown = view === next;
    view.panel.hidden = !isShown;
    view.tab.setAttribute("aria-selected", String(isShown));
    view.tab.tabIndex = isShown ? 0 : -1;
  }

  current = next;
  paintForView(id);
  tell("view");
  ask("view");
}

function ask(event) {
  if (current === null || !(event === "view" || current.events.includes(event))) return;
  if (current.isSlow && stage.state === "writing") return;
  lastEvent = event;
  const isFast = stage.state === "writing" && !element("slowly").checked;
  if (isAsked || (event === "text" && isFast && performance.now() < updated + WritingMs)) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    updated = performance.now();
    current.update(lastEvent);
  });
}

function goAlong(event) {
  const at = views.indexOf(current), last = views.length - 1;
  const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  showView(views[to].id);
  views[to].tab.focus();
}

// Colours that a view has to find out first open it.
function openForColour(paint) {
  if (paint === "why") showView("why");
  if (paint === "unit" && !["state", "gates"].includes(currentView())) showView("units");
}

function listenToTabs() {
  element("tabs").addEventListener("keydown", goAlong);
  element("paint").addEventListener("change", event => openForColour(event.target.value));
  for (const event of ["text", "place", "unit", "settings", "paint", "state"]) hear(event, () => ask(event));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ask("view"));
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (width !== contentRect.width) ask("view");
    width = contentRect.width;
  }).observe(element("lab"));
}

export { addView, leaveOut, currentView, showView, listenToTabs };
