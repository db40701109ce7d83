// Why a token is there: how much each token before it took from its surprise or added to it, painted over the text and as a list.

import { barButton, bitsOf, make, pause, pieceOf, signed, visible } from "../page/dom.js";
import { shownPlace, stage } from "../page/stage.js";
import { goToToken, paintBy, painters } from "../page/tokens.js";
import { gradientOf, influences } from "../engine/gradient.js";

const MostTokens = 64, Shown = 12, SliceMs = 25;

const said = make("p", { class: "soft", id: "why-said" }), list = make("ol", { class: "bars" });

// The influence of each token on the one at `place`, from token `begin` on.
let result = { place: -1, node: null, begin: 0, found: [], most: 1 }, asked = 0;

painters.why = {
  tone: "two", ends: ["made it less likely", "made it likelier"],
  of(token, place) {
    const influence = result.found[place - result.begin];
    if (influence === undefined || !stands()) return { level: 0, note: "" };
    return { level: Math.sign(influence.bits) * influence.strength / result.most, note: `${signed(influence.bits)} bits on the token` };
  },
};

// Whether the text still is what the result was found for.
const stands = () => stage.writer.tokens[result.place]?.node === result.node;

const whyView = {
  id: "why", events: ["place", "text"], isSlow: true,
  build: panel => panel.append(said, list, make("p", {
    class: "soft", text: "Bars: how strongly a token counts. Figures: bits that it took from the surprise (+) or added (−), to first "
      + "order: what a small change of its embedding would do. Up to 64 tokens are gone back.",
  })),
  async update() {
    const { tokens } = stage.writer, place = shownPlace(), mine = ++asked;
    if (place < 1) {
      said.textContent = "Choose a token that has others before it.";
      list.replaceChildren();
      return;
    }

    if (!(stands() && result.place === place)) await explain(place, tokens[place].node, mine);
    if (mine === asked) show();
  },
};

async function explain(place, node, mine) {
  said.textContent = `Going back from “${visible(node.text)}” …`;
  const { tokens, model } = stage.writer, begin = Math.max(0, place - MostTokens);
  const work = gradientOf(model, tokens[begin].node.parent.state, tokens.slice(begin, place).map(token => token.id), node.id);
  let step, until = performance.now() + SliceMs;
  while (!(step = work.next()).done) {
    if (performance.now() < until) continue;
    await pause();
    if (mine !== asked) return;
    until = performance.now() + SliceMs;
  }

  const found = influences(step.value);
  result = { place, node, begin, found, most: Math.max(...found.map(({ strength }) => strength)) || 1 };
}

function show() {
  const { place, node, begin, found, most } = result, { tokens } = stage.writer, { logProb } = stage.writer.judge(node);
  said.textContent = `“${visible(node.text) || pieceOf(node.id)}”, token ${place + 1}: ${bitsOf(logProb)} of surprise. These count most:`;
  const order = Array.from(found.keys()).sort((a, b) => found[b].strength - found[a].strength).slice(0, Shown);
  list.replaceChildren(...order.map(i => make("li", {}, barButton({
    label: `${visible(tokens[begin + i].text) || "the beginning"}`, figure: `${signed(found[i].bits)} bits, ${place - begin - i} before`,
    share: found[i].strength / most, onclick: () => goToToken(begin + i, false),
  }))));
  paintBy("why");
}

export { whyView };
