// Runs the modules of a page outside a browser, for tests:
//
//   node engine.mjs MODULES PAGE < QUESTIONS > ANSWERS
//
// MODULES is a folder with the files of src/GruLM/Exchange/Page (and a package.json that calls them modules), PAGE an exported page.
// QUESTIONS: { plain, texts: [TEXT], ids: [[ID]], runs: [{ prompt, seed, count, ... }] }, where plain asks for the loops in JavaScript and
// the rest of a run are settings instead of the page's own. ANSWERS: { compiled, texts: [[ID]], ids: [[TEXT]], runs: [...] }; the texts of
// a list of ids are what each of them gives, and what is left at the end.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, file] = process.argv.slice(2);
const load = name => import(pathToFileURL(`${modules}/${name}`).href);
const { createModel } = await load("engine/engine.js"), { StreamingDecoder, Tokenizer } = await load("text/tokenizer.js");
const { Writer } = await load("text/writer.js");

const page = readFileSync(file, "utf8");
const textOf = id => page.match(new RegExp(`<script id="${id}"[^>]*>([^<]*)</script>`))[1];
const bytesOf = id => new Uint8Array(Buffer.from(textOf(id), "base64"));

const questions = JSON.parse(readFileSync(0, "utf8")), about = JSON.parse(textOf("about"));
const tokenizer = new Tokenizer(bytesOf("tokenizer"));
const model = await createModel(about.config, bytesOf("weights"), questions.plain ? null : bytesOf("kernel"));

function decode(ids) {
  const decoder = new StreamingDecoder(tokenizer);
  return [...ids.map(id => decoder.push(id)), decoder.flush()];
}

function run({ prompt, seed, count, ...settings }) {
  const { temperature, "top-k": topK, "top-p": topP, "min-p": minP, "repeat-penalty": repeatPenalty } = about.defaults;
  const writer = new Writer(model, tokenizer, about), own = { temperature, topK, topP, minP, repeatPenalty, stop: "", ignoresEnd: false };
  writer.begin(prompt, { ...own, ...settings, seed: BigInt(seed) });
  const given = writer.tokens.length;
  while (writer.tokens.length < given + count && writer.next() !== null);
  const tokens = writer.written, ids = tokens.map(token => token.id), logProbs = tokens.map(token => token.logProb);
  const best = tokens.map(token => token.best.map(other => other.id)), written = tokens.map(token => token.text).join("");
  const text = written.slice(0, written.length - writer.end.withheld) + (writer.end.isFound ? "" : writer.rest);

  // Back to the middle and on with the same token: the same again.
  const middle = ids.length >> 1;
  if (ids.length > 0) {
    writer.branch(given + middle, ids[middle]);
    while (writer.tokens.length < given + ids.length && writer.next() !== null);
    if (writer.written.some((token, i) => token.id !== ids[i])) throw new Error(`another way was taken from token ${middle}`);
  }

  return { ids, logProbs, best, text };
}

console.log(JSON.stringify({
  compiled: model.kernel.isCompiled,
  texts: questions.texts.map(text => tokenizer.encode(text)),
  ids: questions.ids.map(decode),
  runs: questions.runs.map(run),
}));
