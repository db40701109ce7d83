// Two texts side by side, from the same beginning and the same numbers drawn: with other settings, or by the model of another page.

import { element, make, pause } from "../page/dom.js";
import { readSettings } from "../page/form.js";
import { stage } from "../page/stage.js";
import { createModel } from "../engine/engine.js";
import { Tokenizer } from "../text/tokenizer.js";
import { sourceOfPage } from "../text/source.js";
import { Writer } from "../text/writer.js";

const Tokens = 120, SliceMs = 25, FullSurprise = 10;
const fields = [
  ["temperature", "Temperature", 0, 2, 0.05], ["topK", "Top-k", 0, 200, 1], ["topP", "Top-p", 0.05, 1, 0.01],
  ["minP", "Min-p", 0, 0.5, 0.01],
];

const said = make("p", { class: "soft", role: "status" });
const file = make("input", { id: "other", type: "file", accept: ".html,text/html", onchange: () => openOther(file.files[0]) });
const button = make("button", { type: "button", id: "both", text: "Write both", onclick: writeBoth });

let sides = [], round = 0;

const compareView = {
  id: "compare", events: [],
  build(panel) {
    const { defaults } = stage.about, own = { temperature: defaults.temperature, topK: defaults["top-k"], topP: defaults["top-p"],
      minP: defaults["min-p"] };
    sides = [sideOf("A", own), sideOf("B", { ...own, temperature: own.temperature < 1 ? 1.3 : 0.5 })];
    panel.append(
      make("div", { class: "buttons" }, button), said, make("div", { class: "sides" }, ...sides.map(side => side.box)),
      make("label", { for: file.id, text: "Another model for B: a page that was exported as this one was" }), file);
  },
  update() {},
};

function sideOf(name, settings) {
  const side = { name, settings: { ...settings }, writer: null, title: stage.name };
  const controls = fields.map(([key, label, min, max, step]) => {
    const shown = make("output", { text: settings[key] });
    const slider = make("input", {
      type: "range", min, max: Math.max(max, settings[key]), step, value: settings[key],
      oninput: () => [side.settings[key], shown.textContent] = [Number(slider.value), slider.value],
    });
    return make("label", {}, `${label} `, shown, slider);
  });
  side.heading = make("h2", { text: `${name}: ${stage.name}` });
  [side.text, side.note] = [make("p", { class: "sample", "data-tone": "heat" }), make("p", { class: "soft" })];
  side.box = make(
    "section", { "aria-label": name }, side.heading, side.text, side.note,
    make("details", { open: true }, make("summary", { text: "Settings" }), ...controls));
  return side;
}

async function openOther(chosen) {
  if (chosen === undefined) return;
  try {
    said.textContent = "The other model is being opened …";
    await pause(20);
    const source = sourceOfPage(await chosen.text()), model = await createModel(source.about.config, source.weights, source.kernel);
    sides[1].writer = new Writer(model, new Tokenizer(source.tokenizer), source.about);
    sides[1].heading.textContent = `B: ${source.name}`;
    said.textContent = `B is ${source.name} now.`;
  } catch (error) {
    said.textContent = `${chosen.name} cannot be opened: ${error.message}`;
  }
}

// A token of each in turn, until both have ended.
async function writeBoth() {
  const mine = ++round, { writer: { model, tokenizer } } = stage, { seed, repeatPenalty } = readSettings();
  for (const side of sides) {
    side.writer ??= new Writer(model, tokenizer, stage.about);
    side.writer.begin(element("prompt").value, { ...side.settings, seed, repeatPenalty, stop: "", ignoresEnd: false });
    side.text.replaceChildren(make("span", { class: "given", text: element("prompt").value }));
    [side.isOver, side.bits, side.count] = [false, 0, 0];
  }

  while (mine === round && !sides.every(side => side.isOver)) {
    const until = performance.now() + SliceMs;
    while (performance.now() < until && !sides.every(side => side.isOver)) sides.forEach(step);
    for (const { note, count, bits } of sides) note.textContent = `${count} tokens, ${(bits / Math.max(1, count)).toFixed(1)} bits each`;
    await pause();
  }

  if (mine === round) said.textContent = `Both with seed ${seed}.`;
}

function step(side) {
  if (side.isOver) return;
  const token = side.writer.next();
  side.isOver = token === null || ++side.count >= Tokens;
  if (token === null) return;
  const bits = -token.logProb / Math.LN2, span = make("span", { class: "token", text: token.text });
  side.bits += bits;
  span.style.setProperty("--level", Math.min(1, bits / FullSurprise).toFixed(3));
  side.text.append(span);
}

export { compareView };
