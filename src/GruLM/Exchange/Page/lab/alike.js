// The pieces nearest to a piece: that of the token that is looked at, or one that is typed.

import { barButton, fixed, make, pieceOf } from "../page/dom.js";
import { hear, shownToken, stage } from "../page/stage.js";
import { nearest } from "../engine/neighbours.js";
import { Byte, Control } from "../text/pieces.js";

const Shown = 14;

const typed = make("input", { id: "piece", type: "text", spellcheck: "false", oninput: () => neighboursView.update("typed") });
const note = make("p", { class: "soft" }), list = make("ol", { class: "bars" });

let id = -1;

const neighboursView = {
  id: "neighbours", events: ["place", "text"], isSlow: true,
  build(panel) {
    panel.append(make("label", { for: typed.id, text: "A piece, or the token that is chosen in the text" }), typed, note, list);
    hear("place", () => { typed.value = ""; });
  },
  update(event) {
    const { tokenizer } = stage.writer;
    if (event === "typed" && typed.value !== "") id = tokenizer.ordinary.get(typed.value) ?? tokenizer.encode(typed.value).at(-1);
    else if (event === "place" || id < 0) id = shownToken()?.id ?? -1;
    if (id < 0) note.textContent = "Write something first, or type a piece.";
    else show();
  },
};

function show() {
  const { model, tokenizer: { pieces } } = stage.writer, allows = other => pieces[other].type !== Byte && pieces[other].type !== Control;
  const near = nearest(model, id, Shown, allows);
  note.textContent = near.length === 0 ? `${pieceOf(id)} has no direction.`
    : `Nearest to ${pieceOf(id)}, by the cosine of the angle between them: 1 is the same direction, 0 none in common. Choose one to go on.`;
  list.replaceChildren(...near.map(other => make("li", {}, barButton({
    label: pieceOf(other.id), figure: fixed(other.cosine), share: other.cosine, onclick: () => {
      id = other.id;
      show();
      list.querySelector("button")?.focus();
    },
  }))));
}

export { neighboursView };
