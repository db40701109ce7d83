// Which unit is looked at: a layer and a number, the same in all views that ask for one.

import { element, make } from "../page/dom.js";
import { hear, lookAtUnit, stage } from "../page/stage.js";

let made = 0;

function unitPicker() {
  const { num_layers: layers, hidden_dim: units } = stage.about.config, name = `picker-${++made}`;
  const layer = make(
    "select", { id: `${name}-layer`, onchange: () => lookAtUnit(Number(layer.value), stage.unit) },
    ...Array.from({ length: layers }, (_, l) => make("option", { value: l, text: l + 1 })));
  const unit = make("input", {
    id: `${name}-unit`, type: "number", inputmode: "numeric", min: 0, max: units - 1, value: 0,
    onchange: () => lookAtUnit(stage.layer, Math.trunc(Number(unit.value)) || 0),
  });
  const by = (step, label) => make("button", {
    type: "button", "aria-label": label, text: step < 0 ? "‹" : "›",
    onclick: () => lookAtUnit(stage.layer, (stage.unit + step + units) % units),
  });
  hear("unit", () => [layer.value, unit.value] = [stage.layer, stage.unit]);
  return make(
    "div", { class: "picker" }, make("label", { for: layer.id, text: "Layer" }), layer, make("label", { for: unit.id, text: "Unit" }),
    by(-1, "The unit before"), unit, by(1, "The next unit"));
}

const unitName = () => (stage.about.config.num_layers > 1 ? `unit ${stage.unit} of layer ${stage.layer + 1}` : `unit ${stage.unit}`);

// Opens another view by its tab.
const openView = id => element(`tab-${id}`).click();

export { unitPicker, unitName, openView };
