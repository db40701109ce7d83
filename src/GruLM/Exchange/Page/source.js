// Where the page's model comes from: what the exporter has put into this document, in elements that hold no program. A page that a server
// hands out can have another source of the same shape.

const textOf = id => document.getElementById(id).textContent.trim();

function bytesOfText(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// { about, tokenizer, kernel, weights }: a description, and the bytes of three files.
function readSource() {
  const source = { about: JSON.parse(textOf("about")) };
  for (const id of ["tokenizer", "kernel", "weights"]) {
    source[id] = bytesOfText(textOf(id));
    document.getElementById(id).remove();
  }

  return source;
}

export { readSource };
