// The settings as they are set on the page: the model's own defaults, which may stand between a slider's steps, until a slider is moved.

import { element } from "./dom.js";
import { tell } from "./stage.js";

const names = { temperature: "temperature", "top-k": "topK", "top-p": "topP", "min-p": "minP", "repeat-penalty": "repeatPenalty" };
const chosen = {};

function setSlider(id, value, moves = true) {
  const slider = element(id);
  if (moves) {
    slider.max = Math.max(slider.max, value);
    slider.value = value;
  }

  chosen[names[id]] = value;
  element(`${id}-shown`).textContent = id === "top-k" && value === 0 ? "all" : value;
}

function prepareSliders(defaults) {
  for (const id of Object.keys(names)) {
    setSlider(id, defaults[id]);
    element(id).addEventListener("input", event => {
      setSlider(id, Number(event.target.value), false);
      tell("settings");
    });
  }

  element("ends").addEventListener("change", () => tell("settings"));
}

// A seed is drawn where none is given.
function readSettings() {
  const typed = element("seed").value.trim(), drawn = crypto.getRandomValues(new Uint32Array(1))[0];
  const seed = BigInt.asUintN(64, BigInt(typed === "" ? drawn : typed));
  const stop = element("stop-text").value.replaceAll("\\n", "\n"), ignoresEnd = !element("ends").checked;
  return { ...chosen, seed, stop, ignoresEnd };
}

// The other way: the form shows these settings.
function showSettings(settings) {
  for (const [id, name] of Object.entries(names)) setSlider(id, settings[name]);
  element("stop-text").value = settings.stop.replaceAll("\n", "\\n");
  element("ends").checked = !settings.ignoresEnd;
  tell("settings");
}

export { prepareSliders, readSettings, showSettings };
