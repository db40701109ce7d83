// The state as a picture, a square a unit, and as a film: a column a token, a line a unit, slow ones first. Both can be pointed at.

import { colour, make, pause, signed, visible } from "../page/dom.js";
import { lookAtUnit, shownPlace, shownToken, stage } from "../page/stage.js";
import { goToToken } from "../page/tokens.js";
import { unitName, unitPicker } from "./picker.js";

const FilmTokens = 160, StepMs = 160;

// What a square can show.
const kinds = { h: "the state h", r: "r: is the old read?", z: "z: is it kept?", n: "n: what is new" };

const canvas = make("canvas", { class: "picture", role: "img", onclick: pickUnit }), film = make("canvas", {
  class: "film", role: "img", onclick: pickPlace,
});
const note = make("p", { class: "soft" }), play = make("button", { type: "button", text: "Step through the text", onclick: stepThrough });
const kind = make(
  "select", { id: "picture-kind", onchange: () => stateView.update() },
  ...Object.entries(kinds).map(([value, text]) => make("option", { value, text })));

let isStepping = false, order = [];

const stateView = {
  id: "state", events: ["text", "place", "unit"],
  build: panel => panel.append(
    unitPicker(), make("div", { class: "picker" }, make("label", { for: kind.id, text: "Show" }), kind, play), note, canvas,
    make("h2", { text: "Over the text" }), film,
    make("p", { class: "soft", text: "A column is a token, a line a unit, slow ones at the top. Blue is below zero, orange above." })),
  update() {
    const token = shownToken();
    play.disabled = token === undefined || stage.state === "writing";
    if (token === undefined) {
      note.textContent = "Write something first, and see.";
      return;
    }

    const values = valuesOf(token), { unit } = stage;
    note.textContent = `Behind “${visible(token.text) || "the beginning"}”, token ${shownPlace() + 1}: `
      + `${unitName()} is ${signed(values[unit])}.`;
    drawPicture(values);
    if (stage.state !== "writing") drawFilm();
  },
};

const valuesOf = token => (kind.value === "h" ? token.node.state[stage.layer] : stage.writer.gates(token.node, stage.layer)[kind.value]);

// A colour for a number from -1 to 1, as three bytes.
function shader() {
  const [none, plus, minus] = ["--card", "--plus", "--minus"].map(name => bytesOf(colour(name)));
  return value => {
    const share = Math.min(1, Math.abs(value)), full = value < 0 ? minus : plus;
    return none.map((from, i) => Math.round(from + share * (full[i] - from)));
  };
}

const bytesOf = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

// Squares in lines of so many that the picture is about twice as wide as high.
const across = H => Math.max(8, 2 ** Math.round(Math.log2(Math.sqrt(2 * H))));

function drawPicture(values) {
  const H = values.length, columns = across(H), rows = Math.ceil(H / columns);
  const size = Math.max(4, Math.floor(Math.min(canvas.parentElement.clientWidth, 560) / columns)), shade = shader();
  [canvas.width, canvas.height] = [columns * size, rows * size];
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  const pen = canvas.getContext("2d");
  values.forEach((value, j) => {
    pen.fillStyle = `rgb(${shade(value).join()})`;
    pen.fillRect(j % columns * size, Math.floor(j / columns) * size, size - 1, size - 1);
  });
  pen.strokeStyle = colour("--text");
  pen.lineWidth = 2;
  pen.strokeRect(stage.unit % columns * size, Math.floor(stage.unit / columns) * size, size - 1, size - 1);
  canvas.setAttribute("aria-label", `${kinds[kind.value]}, ${H} units of layer ${stage.layer + 1}; ${note.textContent}`);
}

function filmed() {
  const { tokens } = stage.writer, end = Math.min(tokens.length, Math.max(shownPlace() + FilmTokens / 2, FilmTokens));
  return { begin: Math.max(0, end - FilmTokens), end };
}

// The units in the order of the film's lines: those that hold longest at the top, those that every token changes at the bottom.
function slowestFirst(begin, end) {
  const moved = new Float64Array(stage.about.config.hidden_dim), { tokens } = stage.writer;
  for (let t = begin + 1; t < end; t++) {
    const [before, after] = [tokens[t - 1], tokens[t]].map(token => token.node.state[stage.layer]);
    for (let j = 0; j < moved.length; j++) moved[j] += Math.abs(after[j] - before[j]);
  }

  return Array.from(moved.keys()).sort((a, b) => moved[a] - moved[b]);
}

function drawFilm() {
  const { begin, end } = filmed(), { hidden_dim: H } = stage.about.config, shade = shader(), width = end - begin;
  order = slowestFirst(begin, end);
  [film.width, film.height] = [width, H];
  const pen = film.getContext("2d"), image = pen.createImageData(width, H);
  for (let t = begin; t < end; t++) {
    const values = valuesOf(stage.writer.tokens[t]);
    order.forEach((j, line) => image.data.set([...shade(values[j]), 255], 4 * (line * width + t - begin)));
  }

  pen.putImageData(image, 0, 0);
  pen.fillStyle = colour("--text");
  pen.fillRect(shownPlace() - begin, 0, 1, H);
  film.setAttribute("aria-label", `${kinds[kind.value]}: ${H} units over ${width} tokens, from token ${begin + 1} on`);
}

const shareOf = ({ offsetX, offsetY, target }) => [offsetX / target.clientWidth, offsetY / target.clientHeight];

function pickUnit(event) {
  const H = stage.about.config.hidden_dim, columns = across(H), rows = Math.ceil(H / columns), [x, y] = shareOf(event);
  lookAtUnit(stage.layer, Math.floor(y * rows) * columns + Math.floor(x * columns));
}

function pickPlace(event) {
  const { begin, end } = filmed(), [x, y] = shareOf(event);
  lookAtUnit(stage.layer, order[Math.floor(y * film.height)] ?? 0);
  goToToken(begin + Math.floor(x * (end - begin)), false);
}

// From the token that is looked at to the end of the text, one at a time.
async function stepThrough() {
  isStepping = !isStepping;
  play.textContent = isStepping ? "Stop" : "Step through the text";
  const { tokens } = stage.writer;
  let place = stage.place === null || stage.place === tokens.length - 1 ? -1 : stage.place;
  while (isStepping && ++place < stage.writer.tokens.length && !canvas.parentElement.hidden && stage.state !== "writing") {
    goToToken(place, false);
    await pause(StepMs);
  }

  isStepping = false;
  play.textContent = "Step through the text";
}

export { stateView };
