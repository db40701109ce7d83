// What may come next: the model's own probabilities of the likeliest pieces, and beneath each what the settings make of it.

import { logProbs } from "../engine/sampler.js";
import { barButton, make, percentOf, pieceOf, visible } from "../page/dom.js";
import { stage } from "../page/stage.js";
import { takeBranch } from "../page/writing.js";

const Shown = 16;

const note = make("p", { class: "soft", "aria-live": "off" }), list = make("ol", { class: "bars" });

const chancesView = {
  id: "chances", events: ["text", "place", "settings"],
  build: panel => panel.append(make("h2", { text: "What may come next" }), note, list),
  update() {
    const { writer } = stage, place = stage.place ?? writer.tokens.length;
    if (writer.tokens.length === 0 || place === 0) {
      note.textContent = place === 0 ? "Nothing stands before the first token." : "Write something first, and see.";
      list.replaceChildren();
      return;
    }

    const scores = writer.scoresAfter(writer.tokens[place - 1].node), V = writer.model.config.vocab_size;
    const best = logProbs(writer.model, scores, 0, Math.min(Shown, V)).best;
    show(place, likely(scores, V), best.map(({ id }) => id), writer.distribution(place));
  },
};

// All probabilities, as the model gives them.
function likely(scores, V) {
  let max = -Infinity, total = 0;
  for (let id = 0; id < V; id++) max = Math.max(max, scores[id]);
  const shares = Float64Array.from({ length: V }, (_, id) => Math.exp(scores[id] - max));
  for (const share of shares) total += share;
  return shares.map(share => share / total);
}

const bits = shares => shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log2(share) : 0), 0);

function show(place, shares, ids, left) {
  const { writer } = stage, drawn = new Map(left.map(({ id, share }) => [id, share])), actual = writer.tokens[place]?.id;
  const last = visible(writer.tokens.slice(Math.max(0, place - 8), place).map(token => token.text).join("")).slice(-24);
  note.textContent = `Behind “${last}”. Of ${shares.length.toLocaleString("en")} pieces, the settings leave `
    + `${left.length.toLocaleString("en")}. To expect: ${bits(shares).toFixed(1)} bits of surprise before, `
    + `${bits(left.map(({ share }) => share)).toFixed(1)} after.`;
  list.replaceChildren(...ids.map(id => rowOf(place, id, shares[id], drawn.get(id) ?? 0, id === actual)));
}

function rowOf(place, id, share, after, isCurrent) {
  const button = barButton({
    label: pieceOf(id), figure: `${percentOf(share)} → ${percentOf(after)}`, share, isCurrent, "data-id": id,
    onclick: () => takeBranch(place, id),
  });
  button.classList.add("two");
  button.style.setProperty("--after-share", Math.min(1, after).toFixed(3));
  return make("li", { class: after === 0 ? "out" : undefined }, button);
}

export { chancesView };
