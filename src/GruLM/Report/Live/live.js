// Takes what is new of a run at work and puts it in the place of what has changed, so that the rest can be read and marked in peace. Charts
// under the pointer wait, but for the last time. No character here may be one that XML escapes.
const live = document.getElementById("live"), report = document.getElementById("report");
const shown = [];
const take = state => {
  live.dataset.stage = state.stage;
  live.textContent = state.words;
  const fresh = document.createElement("template");
  fresh.innerHTML = state.report;
  const parts = [...fresh.content.children];
  parts.forEach((part, i) => {
    const source = part.outerHTML, old = report.children[i];
    if (shown[i] === source) return;
    if (old === undefined) report.append(part);
    else if (!state.last) {
      if (part.className === "charts") if (old.matches(".charts:hover")) return;
      old.replaceWith(part);
    } else old.replaceWith(part);
    shown[i] = source;
    part.querySelectorAll(".chart").forEach(attach);
  });
  [...report.children].slice(parts.length).forEach(part => part.remove());
  shown.length = parts.length;
};
if (["preparing", "running"].includes(live.dataset.stage)) {
  const events = new EventSource("events");
  events.onmessage = event => {
    const state = JSON.parse(event.data);
    take(state);
    if (state.last) events.close();
  };
  events.onerror = () => {
    live.dataset.stage = "gone";
    live.textContent = "The run cannot be reached: it was ended, or this computer slept. What it told last is below.";
  };
}
