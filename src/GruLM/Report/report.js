// A hair line under the pointer with the figures of the nearest logged steps. No character here may be one that XML escapes, and the page
// is whole without it.
const attach = chart => {
  const svg = chart.querySelector("svg"), place = svg.dataset;
  const numbers = text => text.split(" ").map(Number);
  const curves = [...svg.querySelectorAll(".curve")].map(path => ({
    name: path.dataset.name,
    style: path.classList[1],
    steps: numbers(path.dataset.steps),
    figures: path.dataset.figures.split(" "),
    line: path.getAttribute("d").split(/[ML]/).slice(1),
  }));
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };
  const shown = make("g", {});
  svg.append(shown);
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  chart.append(tip);
  const clear = () => { shown.replaceChildren(); tip.hidden = true; };
  svg.addEventListener("pointerleave", clear);
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const [left, right, low, high] = [place.left, place.right, place.low, place.high].map(Number);
    const share = Math.min(1, Math.max(0, ((event.clientX - box.left) * scale - left) / (right - left)));
    const step = low + share * (high - low);
    const away = at => Math.abs(at - step);
    const nearest = curves.map(curve => curve.steps.reduce((best, at, i) => away(curve.steps[best]) > away(at) ? i : best, 0));
    const ahead = curves.reduce(
      (best, curve, i) => away(curves[best].steps[nearest[best]]) > away(curve.steps[nearest[i]]) ? i : best, 0);
    const x = curves[ahead].line[nearest[ahead]].split(" ")[0];
    shown.replaceChildren(make("line", { class: "hair", x1: x, x2: x, y1: place.top, y2: place.bottom }));
    tip.replaceChildren();
    curves.forEach((curve, i) => {
      const [cx, cy] = curve.line[nearest[i]].split(" ");
      shown.append(make("circle", { class: "dot " + curve.style, cx, cy, r: 4.5 }));
      const line = document.createElement("div");
      line.className = "key " + curve.style;
      line.textContent = curve.name + " " + curve.figures[nearest[i]] + " at step " + curve.steps[nearest[i]].toLocaleString("en");
      tip.append(line);
    });
    tip.hidden = false;
    const at = (event.clientX - chart.getBoundingClientRect().left);
    tip.style.left = (at + 16 + tip.offsetWidth > chart.clientWidth ? at - 16 - tip.offsetWidth : at + 16) + "px";
  });
};
document.querySelectorAll(".chart").forEach(attach);
