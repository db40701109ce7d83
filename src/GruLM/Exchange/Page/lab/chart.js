// Lines in a picture: for the gates of a unit and the curves of a training run. Lines differ in their dashes too, not in colour alone, and
// their names stand below.

import { make } from "../page/dom.js";

const Width = 600, Left = 60, Right = 8, Top = 10, Bottom = 26;

// `lines`: [{ name, points: [[x, y]] }]; `range`: the lowest and highest y, found where it is left out; `mark`: an x that is pointed out.
function chartOf({ label, lines, range, mark, labels = [], height = 200, onpick }) {
  const points = lines.flatMap(line => line.points), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  const [x0, x1] = [least(xs), most(xs)], [y0, y1] = range ?? roomy(least(ys), most(ys));
  const across = x => Left + (x - x0) / (x1 - x0 || 1) * (Width - Left - Right);
  const up = y => Top + (y1 - y) / (y1 - y0 || 1) * (height - Top - Bottom);
  const svg = make("svg", { viewBox: `0 0 ${Width} ${height}`, role: "img", "aria-label": label, class: "chart" });
  for (const y of [y0, (y0 + y1) / 2, y1]) {
    svg.append(
      make("line", { class: "grid", x1: Left, x2: Width - Right, y1: up(y), y2: up(y) }),
      make("text", { x: Left - 6, y: up(y) + 4, "text-anchor": "end", text: short(y) }));
  }

  if (mark !== undefined) svg.append(make("line", { class: "mark", x1: across(mark), x2: across(mark), y1: Top, y2: height - Bottom }));
  const shown = labels.length > 0 ? labels : [[x0, short(x0)], [x1, short(x1)]];
  shown.forEach(([x, text], i) => svg.append(make("text", {
    x: across(x), y: height - 8, "text-anchor": labels.length > 0 ? "middle" : i === 0 ? "start" : "end", text,
  })));
  const stroke = ([x, y], k) => `${k === 0 ? "M" : "L"}${across(x).toFixed(1)} ${up(y).toFixed(1)}`;
  lines.forEach((line, i) => svg.append(make("path", { class: `line line-${i}`, d: line.points.map(stroke).join("") })));
  if (onpick) svg.addEventListener("click", ({ clientX }) => {
    const { left, width } = svg.getBoundingClientRect(), x = (clientX - left) / width * Width;
    onpick(x0 + (x - Left) / (Width - Left - Right) * (x1 - x0));
  });
  return make("figure", {}, svg, make("figcaption", { class: "soft" }, ...lines.map((line, i) => keyOf(line.name, i))));
}

function keyOf(name, i) {
  const sample = make("svg", { viewBox: "0 0 28 8", class: "key", "aria-hidden": "true" });
  sample.append(make("path", { class: `line line-${i}`, d: "M0 4L28 4" }));
  return make("span", {}, sample, ` ${name} `);
}

const least = numbers => numbers.reduce((a, b) => Math.min(a, b), Infinity);
const most = numbers => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

// A little more than the numbers need.
const roomy = (low, high) => [low - (high - low) * 0.05, high + (high - low) * 0.05];

function short(number) {
  const size = Math.abs(number);
  if (size >= 100) return Math.round(number).toLocaleString("en");
  return (size > 0 && size < 0.001 ? number.toExponential(1) : String(Number(number.toPrecision(2)))).replaceAll("-", "−");
}

export { chartOf };
