// What all parts of the page share: the text, the token that is looked at, the unit that is looked at. A part that changes one of them
// tells the others.

// `place` is a token's number, null for the end of the text. `state` is loading, ready, writing, done or broken.
const stage = { writer: null, about: null, name: "", place: null, layer: 0, unit: 0, paint: "surprise", state: "loading" };

const listeners = [];

// Calls `use` at these events: "text", "place", "unit", "settings", "paint", "state", "view".
function hear(events, use) {
  listeners.push({ events: events.split(" "), use });
}

function tell(event) {
  for (const { events, use } of listeners) if (events.includes(event)) use(event);
}

// The token that is looked at, or the last one.
const shownToken = () => stage.writer.tokens[shownPlace()];
const shownPlace = () => stage.place ?? stage.writer.tokens.length - 1;

function lookAt(place) {
  if (stage.place === place) return;
  stage.place = place;
  tell("place");
}

function lookAtUnit(layer, unit) {
  const { num_layers: layers, hidden_dim: units } = stage.about.config;
  stage.layer = Math.min(layers - 1, Math.max(0, layer));
  stage.unit = Math.min(units - 1, Math.max(0, unit));
  tell("unit");
}

export { stage, hear, tell, shownToken, shownPlace, lookAt, lookAtUnit };
