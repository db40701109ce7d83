// Small tools to make elements and to say numbers, the same everywhere on the page.

import { stage } from "./stage.js";

const element = id => document.getElementById(id);

// An element with properties: `class`, `text`, listeners (`onclick`), attributes; what is false or undefined is left out.
function make(tag, properties = {}, ...children) {
  const made = tag === "svg" || shapes.has(tag)
    ? document.createElementNS(element("drawing").namespaceURI, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === undefined || value === null) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }

  made.append(...children.filter(child => child !== null));
  return made;
}

const shapes = new Set(["g", "line", "path", "text", "rect", "circle"]);

// A button that looks like a row with a bar: a piece or a text at its left, a figure at its right.
function barButton({ label, figure, share, isCurrent = false, onclick, ...more }) {
  const button = make("button", { type: "button", class: "bar", "aria-current": isCurrent ? "true" : undefined, onclick, ...more },
    make("span", { class: "piece", text: label }), make("span", { class: "figure", text: figure }));
  button.style.setProperty("--share", Math.min(1, Math.max(0, share)).toFixed(3));
  return button;
}

// A piece so that all of it can be seen.
const visible = text => text.replaceAll("\u2581", "\u2423").replaceAll(" ", "\u2423").replaceAll("\n", "\u23CE").replaceAll("\t", "\u21E5");
const pieceOf = (id, tokenizer = stage.writer.tokenizer) => visible(tokenizer.pieces[id].text);

function percentOf(share) {
  const percent = 100 * share;
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : percent > 0 ? "< 0.1" : "0"} %`;
}

const bitsOf = logProb => `${(-logProb / Math.LN2).toFixed(1)} bits`;
const fixed = (number, digits = 2) => number.toFixed(digits).replace("-", "−");
const signed = (number, digits = 2) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(digits)}`;

// A colour of the style sheet as it is now.
const colour = name => getComputedStyle(document.body).getPropertyValue(name).trim();

// Lets the browser draw and hear before the next slice of work.
const channel = new MessageChannel();
const pause = (ms = 0) => new Promise(resolve => {
  if (ms > 0) return setTimeout(resolve, ms);
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(null);
});

export { element, make, barButton, visible, pieceOf, percentOf, bitsOf, fixed, signed, colour, pause };
