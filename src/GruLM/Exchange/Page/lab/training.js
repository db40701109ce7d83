// How the model was trained: the curves of its run, and what it wrote on the way, where the run left them.

import { make } from "../page/dom.js";
import { stage } from "../page/stage.js";
import { chartOf } from "./chart.js";

const charts = make("div", { class: "charts" }), samples = make("div");

const trainingView = {
  id: "training", events: [],
  build: panel => panel.append(charts, samples),
  update() {
    if (charts.childElementCount > 0) return;
    const { curves, samples: written } = stage.about.history;
    for (const { title, unit, lines } of curves) {
      charts.append(make("h2", { text: title }), chartOf({ label: `${title}, ${unit}`, lines: lines.map(lineOf) }),
        make("p", { class: "soft", text: unit }));
    }

    if (written.length > 0) showSamples(written);
  },
};

// Points are stored as two lists, which is shorter.
const lineOf = ({ name, steps, figures }) => ({ name, points: steps.map((step, i) => [step, figures[i]]) });

function showSamples(written) {
  const shown = make("p", { class: "sample" }), when = make("output", { for: "sample" });
  const slider = make("input", {
    id: "sample", type: "range", min: 0, max: written.length - 1, value: 0, oninput: () => show(Number(slider.value)),
  });
  const show = i => [shown.textContent, when.textContent] = [written[i].text, `step ${written[i].step.toLocaleString("en")}`];
  const label = make("label", { for: "sample", text: "After " }, when);
  samples.append(make("h2", { text: "What it wrote as it learned" }), label, slider, shown);
  show(0);
}

export { trainingView };
