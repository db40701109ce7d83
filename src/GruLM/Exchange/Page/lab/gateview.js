// The gates r and z, the new content n and the state h of one unit over the tokens around the one that is looked at, as curves and as a
// table.

import { fixed, make, visible } from "../page/dom.js";
import { shownPlace, stage } from "../page/stage.js";
import { goToToken } from "../page/tokens.js";
import { chartOf } from "./chart.js";
import { unitName, unitPicker } from "./picker.js";

const ShownTokens = 48, Labels = 12;

const rows = ["r", "z", "n", "h"], chart = make("div"), said = make("p", { class: "soft" }), table = make("tbody");

const gatesView = {
  id: "gates", events: ["text", "place", "unit"], isSlow: true,
  build: panel => panel.append(
    unitPicker(), said, chart,
    make("details", {}, make("summary", { text: "As a table" }), make(
      "div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Gates by token" },
      make("table", {}, make("thead", {}, make(
        "tr", {}, ...["Token", ...rows].map(text => make("th", { scope: "col", text })))), table))),
    make("ul", { class: "soft" },
      make("li", { text: "z, the update gate: at 1 the unit keeps what it holds, at 0 it takes n instead." }),
      make("li", { text: "r, the reset gate: at 0 the new content n is made without looking at the old state." }),
      make("li", { text: "n is what the token would make of the unit; h is what the unit holds then." }))),
  update() {
    const { tokens } = stage.writer, place = shownPlace();
    if (place < 0) {
      said.textContent = "Write something first, and see.";
      return;
    }

    const end = Math.min(tokens.length, Math.max(place + ShownTokens / 2, ShownTokens)), begin = Math.max(0, end - ShownTokens);
    show(tokens.slice(begin, end).map((token, i) => ({ place: begin + i, token, ...at(token) })), place);
  },
};

function at({ node }) {
  const { layer, unit } = stage, { r, z, n } = stage.writer.gates(node, layer);
  return { r: r[unit], z: z[unit], n: n[unit], h: node.state[layer][unit] };
}

function show(shown, place) {
  const { token, r, z, n, h } = shown.find(other => other.place === place), step = Math.ceil(shown.length / Labels);
  const before = token.node.parent.state[stage.layer][stage.unit];
  said.textContent = `At “${visible(token.text) || "the beginning"}” ${unitName()} keeps ${(100 * z).toFixed(0)} % of what it held `
    + `(${fixed(before)}) and takes ${(100 * (1 - z)).toFixed(0)} % of what is new (${fixed(n)}): ${fixed(h)}. r is ${fixed(r)}.`;
  chart.replaceChildren(chartOf({
    label: `r, z, n and h of ${unitName()} over ${shown.length} tokens; the table has the figures`,
    range: [-1, 1], mark: place, height: 260,
    lines: rows.map(name => ({ name, points: shown.map(other => [other.place, other[name]]) })),
    labels: shown.filter((_, i) => i % step === 0).map(other => [other.place, visible(other.token.text).slice(0, 6) || "·"]),
    onpick: x => goToToken(Math.min(shown.at(-1).place, Math.max(shown[0].place, Math.round(x))), false),
  }));
  table.replaceChildren(...shown.map(other => make(
    "tr", { "aria-current": other.place === place ? "true" : undefined },
    make("th", { scope: "row", text: visible(other.token.text) || "·" }), ...rows.map(name => make("td", { text: fixed(other[name]) })))));
}

export { gatesView };
