// How the surprise at a token depends on the tokens before it: the gradient of -log p with respect to the embeddings that were read, by
// going back through time. The weights are those of the engine, bytes times scales; states are not rounded here, and numbers are double.

const exp = Math.exp, sigmoid = x => 1 / (1 + exp(-x));
const Epsilon = 0.00001;

// Reads `ids` from the states `begin`, then asks for `target`. Yields between steps, so that a page stays usable, and returns
// { loss, embeddings: [ids.length][E], gradients: the same }; the loss is in nats.
function* gradientOf(model, begin, ids, target, embeddings = ids.map(id => embeddingOf(model, id))) {
  let states = begin.map(state => Float64Array.from(state));
  const steps = [];
  for (const embedding of embeddings) {
    steps.push(stepOf(model, states, embedding));
    states = steps.at(-1).after;
    yield;
  }

  const { loss, top } = lossOf(model, states, target), gradients = [];
  let carried = states.map(() => new Float64Array(top.length));
  addBelow(model, carried, states.length, top);
  for (const step of steps.toReversed()) {
    gradients.unshift(backOf(model, step, carried));
    yield;
  }

  return { loss, embeddings, gradients };
}

function embeddingOf({ embedding: { bytes, scales, columns }, config }, id) {
  return Float64Array.from({ length: config.embedding_dim }, (_, i) => scales[id] * bytes[id * columns + i]);
}

// A matrix times a vector, and its transpose times one.
function product({ bytes, scales, columns }, rows, x) {
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0, at = i * columns; j < x.length; j++) sum += bytes[at + j] * x[j];
    out[i] = sum * scales[i];
  }

  return out;
}

function transposed({ bytes, scales, columns }, y, width) {
  const out = new Float64Array(width);
  for (let i = 0; i < y.length; i++) {
    const factor = y[i] * scales[i];
    for (let j = 0, at = i * columns; j < width; j++) out[j] += factor * bytes[at + j];
  }

  return out;
}

// What layer l, or the output layer, reads of the states below it.
function below({ config }, states, l) {
  if (!config.residual) return states[l - 1];
  return states[0].map((_, i) => {
    let sum = 0;
    for (let k = 0; k < l; k++) sum += states[k][i];
    return sum;
  });
}

// Its gradient goes to the same states.
function addBelow({ config }, gradients, l, d) {
  for (let k = config.residual ? 0 : l - 1; k < l; k++) for (let i = 0; i < d.length; i++) gradients[k][i] += d[i];
}

function stepOf(model, before, embedding) {
  const { hidden_dim: H, layer_norm: normalises } = model.config, step = { before, after: [], layers: [] };
  model.layers.forEach((layer, l) => {
    const kept = {}, h = before[l];
    let x = l === 0 ? embedding : below(model, step.after, l);
    if (normalises && l > 0) x = normalised(layer, x, kept);
    const a = product(layer.input, 3 * H, x), c = product(layer.recurrent, 3 * H, h), { inputBias: p, stateBias: q } = layer;
    Object.assign(kept, { r: new Float64Array(H), z: new Float64Array(H), n: new Float64Array(H), u: new Float64Array(H) });
    const after = new Float64Array(H);
    for (let j = 0; j < H; j++) {
      const k = j + H, m = k + H;
      kept.r[j] = sigmoid(a[j] + c[j] + p[j] + q[j]);
      kept.z[j] = sigmoid(a[k] + c[k] + p[k] + q[k]);
      kept.u[j] = c[m] + q[m];
      kept.n[j] = Math.tanh(a[m] + p[m] + kept.r[j] * kept.u[j]);
      after[j] = kept.n[j] + kept.z[j] * (h[j] - kept.n[j]);
    }

    step.after.push(after);
    step.layers.push(kept);
  });
  return step;
}

function normalised({ gain, shift }, s, kept) {
  const H = s.length, mean = s.reduce((sum, x) => sum + x, 0) / H;
  const scale = 1 / Math.sqrt(s.reduce((sum, x) => sum + (x - mean) ** 2, 0) / H + Epsilon);
  kept.unit = s.map(x => (x - mean) * scale);
  kept.scale = scale;
  return kept.unit.map((x, i) => x * gain[i] + shift[i]);
}

function normalisedBack({ gain }, { unit, scale }, d) {
  const H = d.length;
  let sum = 0, along = 0;
  for (let i = 0; i < H; i++) {
    sum += d[i] * gain[i];
    along += d[i] * gain[i] * unit[i];
  }

  return d.map((x, i) => scale * (x * gain[i] - sum / H - unit[i] * along / H));
}

function lossOf(model, states, target) {
  const { vocab_size: V, hidden_dim: H } = model.config;
  const scores = product(model.output, V, below(model, states, states.length));
  const max = scores.reduce((most, x) => Math.max(most, x), -Infinity);
  const total = scores.reduce((sum, x) => sum + exp(x - max), 0), loss = Math.log(total) + max - scores[target];
  const d = scores.map(x => exp(x - max) / total);
  d[target] -= 1;
  return { loss, top: transposed(model.output, d, H) };
}

// Takes the gradients of the states behind a step to those before it, in place; returns that of the embedding.
function backOf(model, { before, layers }, gradients) {
  const { hidden_dim: H, embedding_dim: E, layer_norm: normalises } = model.config;
  for (let l = layers.length - 1; ; l--) {
    const { r, z, n, u } = layers[l], h = before[l], d = gradients[l], dA = new Float64Array(3 * H), dC = new Float64Array(3 * H);
    for (let j = 0; j < H; j++) {
      const dn = d[j] * (1 - z[j]) * (1 - n[j] * n[j]);
      dA[j] = dC[j] = dn * u[j] * r[j] * (1 - r[j]);
      dA[j + H] = dC[j + H] = d[j] * (h[j] - n[j]) * z[j] * (1 - z[j]);
      dA[j + 2 * H] = dn;
      dC[j + 2 * H] = dn * r[j];
    }

    const dx = transposed(model.layers[l].input, dA, l === 0 ? E : H), dh = transposed(model.layers[l].recurrent, dC, H);
    for (let j = 0; j < H; j++) d[j] = d[j] * z[j] + dh[j];
    if (l === 0) return dx;
    addBelow(model, gradients, l, normalises ? normalisedBack(model.layers[l], layers[l], dx) : dx);
  }
}

// How much each token read took from the surprise (positive) or added to it, in bits, to first order, and how strongly it counts:
// [{ bits, strength }].
function influences({ embeddings, gradients }) {
  return gradients.map((gradient, t) => {
    let sum = 0, squares = 0;
    gradient.forEach((g, i) => {
      sum += g * embeddings[t][i];
      squares += (g * embeddings[t][i]) ** 2;
    });
    return { bits: -sum / Math.LN2, strength: Math.sqrt(squares) / Math.LN2 };
  });
}

export { gradientOf, influences };
