// The gates of a layer while it read a token, found again from the states before and behind it: the same operations as a step of the
// engine, so that n + z (h - n) is the state that it made, to the bit.

import { sigmoid, tanh } from "./numbers.js";

const f = Math.fround;

// { r, z, n } of all units of layer l. The model's own states are overwritten.
function gatesOf(model, before, after, id, l) {
  const H = model.config.hidden_dim, layer = model.layers[l], { fromInput: a, fromState: c } = model;
  const { inputBias: p, stateBias: q } = layer;

  // A layer reads what those below have made of this token.
  for (let k = 0; k < model.layers.length; k++) model.states[k].set((k < l ? after : before)[k]);
  const scale = l === 0 ? model.embed(id) : model.handOn(l);
  model.kernel.multiply(layer.input, model.vector, scale, a);
  model.kernel.multiply(layer.recurrent, model.vector, model.setState(model.states[l]), c);
  const gates = { r: new Float32Array(H), z: new Float32Array(H), n: new Float32Array(H) };
  for (let j = 0; j < H; j++) {
    const k = j + H, m = k + H;
    gates.r[j] = sigmoid(f(f(a[j] + c[j]) + f(p[j] + q[j])));
    gates.z[j] = sigmoid(f(f(a[k] + c[k]) + f(p[k] + q[k])));
    gates.n[j] = tanh(f(f(a[m] + p[m]) + f(gates.r[j] * f(c[m] + q[m]))));
  }

  return gates;
}

export { gatesOf };
