// Where the page's model comes from: what the exporter has put into this document, in elements that hold no program. Another page, read
// as a text from a file, is a source of the same shape.

function bytesOfText(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// { name, about, tokenizer, kernel, weights }: a description, and the bytes of three files. `textOf(id)` gives an element's text.
function sourceOf(textOf) {
  const source = { about: JSON.parse(textOf("about")) };
  for (const id of ["tokenizer", "kernel", "weights"]) source[id] = bytesOfText(textOf(id).trim());
  return source;
}

// This document's. What has been read is taken out of it.
function readSource() {
  const source = sourceOf(id => document.getElementById(id).textContent);
  for (const id of ["tokenizer", "kernel", "weights"]) document.getElementById(id).remove();
  return { name: document.title, ...source };
}

// That of another page. It is not run: only the elements that hold its model are read.
function sourceOfPage(page) {
  const between = (begin, end, from = 0) => {
    const at = page.indexOf(begin, from), till = page.indexOf(end, at + begin.length);
    if (at < 0 || till < 0) throw new Error("this is no page that grulm export has made");
    return page.slice(at + begin.length, till);
  };

  // The end of a script may not be written in one piece within a script.
  const source = sourceOf(id => between(`<script id="${id}"`, "</" + "script>").replace(/^[^>]*>/, ""));
  return { name: unescaped(between("<title>", "</title>")), ...source };
}

const unescaped = text => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", "\"").replaceAll("&#39;", "'")
  .replaceAll("&amp;", "&");

// A number that tells models apart: FNV-1a over some of the bytes of the weights.
function fingerprint(weights) {
  let hash = 0x811C9DC5, step = Math.max(1, weights.length >> 14);
  for (let i = 0; i < weights.length; i += step) hash = Math.imul(hash ^ weights[i], 0x01000193);
  return hash >>> 0;
}

export { readSource, sourceOfPage, fingerprint };
