// The tree of all that was tried: runs of tokens without a fork as buttons, and under each what came of it.

import { make } from "../page/dom.js";
import { stage } from "../page/stage.js";
import { takeNode } from "../page/writing.js";

const MostRuns = 300;

const tree = make("div", { class: "tree" }), note = make("p", { class: "soft" });

const branchesView = {
  id: "branches", events: ["text"], isSlow: true,
  build: panel => panel.append(note, tree),
  update() {
    const { writer } = stage, onPath = new Set(writer.tokens.map(token => token.node)), runs = { count: 0, ends: 0 };
    const list = listOf(writer.root, onPath, runs);
    tree.replaceChildren(...(list === null ? [] : [list]));
    note.textContent = runs.count === 0 ? "Nothing has been tried yet." : `${runs.ends} ${runs.ends === 1 ? "way" : "ways"}, `
      + `${writer.count.toLocaleString("en")} tokens${runs.count > MostRuns ? `; the first ${MostRuns} runs are shown` : ""}.`;
  },
};

function listOf(node, onPath, runs) {
  const items = [];
  for (const child of node.children) {
    if (++runs.count > MostRuns) break;
    const run = [child];
    while (run.at(-1).children.length === 1) run.push(run.at(-1).children[0]);
    if (run.at(-1).children.length === 0) runs.ends++;
    items.push(make("li", {}, buttonOf(run, onPath), listOf(run.at(-1), onPath, runs)));
  }

  return items.length === 0 ? null : make("ul", {}, ...items);
}

function buttonOf(run, onPath) {
  const text = run.map(node => node.text).join("").replaceAll("\n", "\u23CE"), isOn = onPath.has(run[0]), bits = bitsOfRun(run);
  const shown = text.length <= 60 ? text : `${text.slice(0, 36)} … ${text.slice(-18)}`;
  return make(
    "button", { type: "button", class: "run", "aria-current": isOn ? "true" : undefined, onclick: () => takeNode(furthest(run.at(-1))) },
    make("span", { class: "piece", text: shown === "" ? "·" : shown }),
    make("span", { class: "soft", text: `${run.length} ${run.length === 1 ? "token" : "tokens"}${bits}${isOn ? ", shown" : ""}` }));
}

// The mean surprise of those that were judged.
function bitsOfRun(run) {
  const known = run.filter(node => node.logProb !== null);
  if (known.length === 0) return "";
  return `, ${(-known.reduce((sum, node) => sum + node.logProb, 0) / known.length / Math.LN2).toFixed(1)} bits each`;
}

// The end of the way that was taken last.
function furthest(node) {
  while (node.children.length > 0) node = node.children.at(-1);
  return node;
}

export { branchesView };
