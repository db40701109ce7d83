// One unit over the text: painted on the tokens, with those where it is highest and lowest. Units that follow something that can be said of
// a text are found by comparing all of them with it.

import { barButton, element, make, pause, signed, visible } from "../page/dom.js";
import { hear, lookAtUnit, stage } from "../page/stage.js";
import { goToToken, paintBy, painters } from "../page/tokens.js";
import { featuresOf, unitsThatFollow } from "../text/features.js";
import { unitName, unitPicker } from "./picker.js";

// So many tokens are looked through at most, and so many are the least that say anything.
const MostTokens = 1000, FewestTokens = 24, Extremes = 6, Apart = 8;

const found = make("div", { id: "found" }), highest = make("ol", { class: "bars" }), lowest = make("ol", { class: "bars" });
const find = make("button", { type: "button", id: "find", text: "Find units with a meaning", onclick: findUnits });
const note = make("p", { class: "soft" });

painters.unit = {
  tone: "two", ends: ["−1", "+1"],
  of({ node }) {
    const level = node.state[stage.layer][stage.unit];
    return { level, note: `${unitName()}: ${signed(level)}` };
  },
};

const unitsView = {
  id: "units", events: ["text", "unit"], isSlow: true,
  build(panel) {
    panel.append(
      unitPicker(), make("div", { class: "buttons" }, find), note, found,
      make("h2", { text: "Where it is highest" }), highest, make("h2", { text: "Where it is lowest" }), lowest);
    hear("unit", () => { if (stage.paint === "unit") paintBy("unit"); });
  },
  update(event) {
    if (event !== "text" || stage.paint === "unit") paintBy("unit");
    element("paint").querySelector("[value=unit]").textContent = unitName();
    const { tokens } = stage.writer;
    note.textContent = tokens.length === 0 ? "Write something first, and see." : `The text is coloured by ${unitName()}.`;
    find.disabled = tokens.length < FewestTokens;
    if (event === "text") found.replaceChildren();
    const places = Array.from(tokens.keys()).sort((a, b) => valueAt(b) - valueAt(a));
    highest.replaceChildren(...apart(places).map(rowOf));
    lowest.replaceChildren(...apart(places.reverse()).map(rowOf));
  },
};

const valueAt = place => stage.writer.tokens[place].node.state[stage.layer][stage.unit];

// The first few places that do not stand beside each other.
function apart(places) {
  const chosen = [];
  for (const place of places) {
    if (chosen.every(other => Math.abs(other - place) >= Apart)) chosen.push(place);
    if (chosen.length === Extremes) break;
  }

  return chosen;
}

function rowOf(place) {
  const { tokens } = stage.writer, before = tokens.slice(Math.max(0, place - 10), place + 1).map(token => token.text).join("");
  return make("li", {}, barButton({
    label: `… ${visible(before).slice(-28)}`, figure: signed(valueAt(place)), share: Math.abs(valueAt(place)),
    onclick: () => goToToken(place, false),
  }));
}

async function findUnits() {
  const tokens = stage.writer.tokens.slice(0, MostTokens);
  found.replaceChildren(make("p", { class: "soft", text: "Looking through all units …" }));
  await pause(30);
  const features = unitsThatFollow(featuresOf(tokens.map(token => token.text)), tokens.map(token => token.node.state));
  found.replaceChildren(
    make("p", { class: "soft", text: "How closely a unit follows it in this text: 1 always, 0 not at all. A longer text says more." }),
    make("dl", {}, ...features.flatMap(({ name, units }) => [
      make("dt", { text: name }),
      make("dd", {}, ...units.map(unit => make("button", {
        type: "button", class: "chip", "data-feature": name, onclick: () => lookAtUnit(unit.layer, unit.unit),
        text: `${stage.about.config.num_layers > 1 ? `${unit.layer + 1}:` : ""}${unit.unit}  ${signed(unit.correlation)}`,
      }))),
    ])));
}

export { unitsView };
