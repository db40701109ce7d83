// Which pieces a model holds to be alike: those whose embeddings point the same way. The bytes of rows are compared as they are, since a
// scale changes no direction.

// The `count` pieces nearest to a piece: [{ id, cosine }], the nearest first. `allows(id)` says which are looked at.
function nearest({ embedding: { bytes, columns }, config: { vocab_size: V } }, id, count, allows = () => true) {
  const found = [], own = id * columns, length = Math.sqrt(dot(bytes, columns, own, own));
  if (length === 0) return found;
  for (let other = 0; other < V; other++) {
    if (other === id || !allows(other)) continue;
    const at = other * columns, square = dot(bytes, columns, at, at);
    if (square > 0) found.push({ id: other, cosine: dot(bytes, columns, own, at) / (length * Math.sqrt(square)) });
  }

  return found.sort((a, b) => b.cosine - a.cosine || a.id - b.id).slice(0, count);
}

function dot(bytes, columns, a, b) {
  let sum = 0;
  for (let i = 0; i < columns; i++) sum += bytes[a + i] * bytes[b + i];
  return sum;
}

export { nearest };
