// How the next token is chosen, as docs/sampling.md defines it: a repeat penalty, top-k, top-p, min-p and temperature, in this order, and
// one draw that depends on seed and number alone. Also how likely tokens are.

import { foldLanes, log, uniform } from "./numbers.js";

const f = Math.fround;
const SmallestNormal = f(1.17549435e-38);

class Sampler {
  // `settings`: repeatPenalty, temperature, topK, topP, minP, seed (a BigInt).
  constructor(model, settings) {
    this.model = model;
    this.settings = settings;
    this.drawn = 0;
    const size = model.scores.length;
    this.scores = model.kernel.scratch ??= model.kernel.allocate(Float32Array, size);
  }

  // The next token for scores [V]; the ids of `forbidden` are never chosen, those of `recent` less likely.
  choose(scores, forbidden, recent) {
    const list = this.narrow(scores, forbidden, recent);
    return this.settings.temperature === 0 ? list.idAt(0) : list.draw(uniform(this.settings.seed, this.drawn++));
  }

  // What would be chosen from, without choosing: [{ id, share }], the shares of all candidates that are left.
  distribution(scores, forbidden, recent) {
    const list = this.narrow(scores, forbidden, recent), total = list.weigh(), { weights } = this.model;
    return Array.from({ length: list.count }, (_, place) => ({ id: list.idAt(place), share: weights[place] / total }));
  }

  // The candidates that the settings leave, with the scores that they are drawn by.
  narrow(scores, forbidden, recent) {
    const { repeatPenalty, temperature, topK, topP, minP } = this.settings, count = this.model.config.vocab_size;
    const list = new Candidates(this.model, this.scores);
    list.scores.set(scores);
    for (const id of forbidden) if (id < count) list.scores[id] = -Infinity;
    if (repeatPenalty !== 1) list.lower(new Set(recent), f(repeatPenalty));
    if (temperature === 0) {
      list.keep(list.best(1), true);
      return list;
    }

    if (topK > 0 && topK < count) list.keep(list.best(topK), true);
    if (topP < 1) list.keepShare(topP);
    if (minP > 0) list.keepFrom(f(list.max() + log(f(minP))));
    if (temperature !== 1) list.divide(Math.max(f(temperature), SmallestNormal));
    return list;
  }
}

// A list of candidates: at first all ids in ascending order.
class Candidates {
  constructor(model, scores) {
    this.model = model;
    this.scores = scores;
    this.count = model.config.vocab_size;
    this.ids = null;
    this.isSorted = false;
  }

  idAt(place) {
    return this.ids === null ? place : this.ids[place];
  }

  max() {
    return largestOf(this.model, this.scores, this.count);
  }

  best(count) {
    return largest(this.model, this.scores, this.count, count);
  }

  // Makes ids less likely, while the list is whole.
  lower(ids, penalty) {
    for (const id of ids) this.scores[id] = this.scores[id] > 0 ? f(this.scores[id] / penalty) : f(this.scores[id] * penalty);
  }

  // The candidates at these places become the list.
  keep(places, isSorted) {
    const ids = places.map(place => this.idAt(place)), scores = places.map(place => this.scores[place]);
    this.scores.set(scores);
    this.scores.fill(-Infinity, scores.length, Math.ceil(this.count / 16) * 16);
    [this.ids, this.count, this.isSorted] = [ids, ids.length, isSorted];
  }

  keepFrom(least) {
    if (least === -Infinity) return;
    const places = [];
    for (let i = 0; i < this.count; i++) if (this.scores[i] >= least) places.push(i);
    this.keep(places, this.isSorted);
  }

  keepShare(share) {
    const limit = share * this.weigh(), { weights } = this.model;
    for (let tried = Math.min(96, this.count); ; tried = Math.min(4 * tried, this.count)) {
      const places = this.isSorted ? Array.from({ length: tried }, (_, i) => i) : this.best(tried);
      let sum = 0;
      for (let kept = 1; kept <= tried; kept++) {
        sum += weights[places[kept - 1]];
        if (sum >= limit || (kept === tried && tried === this.count)) return this.keep(places.slice(0, kept), true);
      }
    }
  }

  divide(temperature) {
    const max = this.max();
    for (let i = 0; i < this.count; i++) this.scores[i] = f(f(this.scores[i] - max) / temperature);
  }

  // Computes weights and lanes; returns the total.
  weigh() {
    const { kernel, weights, lanes } = this.model;
    kernel.weigh(this.count, this.scores, this.max(), weights, lanes);
    return lanes.reduce((sum, lane) => sum + lane, 0);
  }

  draw(number) {
    const total = this.weigh(), { weights, lanes } = this.model, target = number * total;
    let lane = 0, before = 0, sum = 0;
    while (lane < 15 && before + lanes[lane] <= target) before += lanes[lane++];
    let last = lane;
    for (let i = lane; i < this.count; i += 16) {
      sum = f(sum + weights[i]);
      if (sum > target - before) return this.idAt(i);
      if (weights[i] > 0) last = i;
    }

    return this.idAt(last);
  }
}

function largestOf({ kernel, peaks }, scores, count) {
  let max = -Infinity;
  kernel.peaks(count, scores, peaks);
  for (let i = 0; 16 * i < count; i++) if (peaks[i] > max) max = peaks[i];
  if (max === -Infinity) throw new Error("no token is possible");
  return max;
}

// The places of the `wanted` largest scores, the largest first, the lower place (which is the lower id) first among equals. Of many scores
// most sixteens are passed over: there are so many others whose largest one is larger, or as large and before them.
function largest({ kernel, peaks }, scores, count, wanted) {
  if (count < 64 * wanted) return largestPlaces(scores, count, wanted);
  kernel.peaks(count, scores, peaks);
  const numbers = new Float32Array(16 * wanted), places = [];
  for (const sixteen of largestPlaces(peaks, Math.ceil(count / 16), wanted).sort((a, b) => a - b)) {
    for (let place = 16 * sixteen; place < Math.min(16 * sixteen + 16, count); place++) {
      numbers[places.length] = scores[place];
      places.push(place);
    }
  }

  return largestPlaces(numbers, places.length, wanted).map(i => places[i]);
}

// The same number by number. The worst of those found so far is the root of a heap, which few get past.
function largestPlaces(numbers, count, wanted) {
  const heap = Array.from({ length: Math.min(wanted, count) }, (_, i) => i), size = heap.length;
  for (let i = size >> 1; i-- > 0;) sink(numbers, heap, i);
  let bound = numbers[heap[0]];
  for (let i = size; i < count; i++) {
    // A later place has to be better: among equals it comes behind.
    if (!(numbers[i] > bound)) continue;
    heap[0] = i;
    sink(numbers, heap, 0);
    bound = numbers[heap[0]];
  }

  return heap.sort((a, b) => numbers[b] - numbers[a] || a - b);
}

const isWorse = (numbers, a, b) => numbers[a] < numbers[b] || (numbers[a] === numbers[b] && a > b);

function sink(numbers, heap, at) {
  const place = heap[at], size = heap.length;
  for (let child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && isWorse(numbers, heap[child + 1], heap[child])) child++;
    if (!isWorse(numbers, heap[child], place)) break;
    heap[at] = heap[child];
  }

  heap[at] = place;
}

// How likely a token is by raw scores, and so many of the likeliest: { logProb, best: [{ id, logProb }] }, natural logarithms.
function logProbs(model, scores, chosen, count) {
  const V = model.config.vocab_size, max = largestOf(model, scores, V);
  model.kernel.weigh(V, scores, max, model.weights, model.lanes);
  const logTotal = log(foldLanes(model.lanes)), of = id => f(f(scores[id] - max) - logTotal);
  const best = largest(model, scores, V, count).map(id => ({ id, logProb: of(id) }));
  return { logProb: of(chosen), best };
}

export { Sampler, logProbs };
