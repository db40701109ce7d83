// A link to a text: what stands on the page, packed into the end of its address. Nothing is sent: the link holds all there is.

import { packText, unpackText } from "../text/share.js";
import { element, pause } from "./dom.js";
import { showSettings } from "./form.js";
import { lookAtUnit, stage } from "./stage.js";
import { goToToken, showTokens } from "./tokens.js";
import { currentView, showView } from "./tabs.js";
import { say, takeText } from "./writing.js";

const Sign = "#text=", MostTokens = 20000;

async function share() {
  const { writer, place, layer, unit } = stage;
  const ids = given => writer.tokens.filter(token => token.isGiven === given).map(token => token.id);
  if (writer.tokens.length > MostTokens) return say(`This text is too long for a link: more than ${MostTokens} tokens`);
  const packed = await packText({
    model: stage.fingerprint, given: ids(true), written: ids(false), drawn: writer.sampler.drawn, settings: writer.settings, place,
    view: currentView(), layer, unit,
  });
  history.replaceState(null, "", Sign + packed);
  element("shared").hidden = false;
  element("link").value = location.toString();
  element("link").select();
  const isCopied = await navigator.clipboard?.writeText(location.toString()).then(() => true, () => false);
  say(isCopied ? "The link is copied" : "Copy the link from its field");
}

// Shows the text of the address, if it has one.
async function openShared() {
  if (!location.hash.startsWith(Sign)) return;
  try {
    const { vocab_size: V } = stage.about.config, text = await unpackText(location.hash.slice(Sign.length), V);
    if (text.model !== stage.fingerprint) return say("The link is for another model than that of this page");
    await takeText(() => {
      stage.writer.beginIds(text.given, text.settings, text.written, text.drawn);
      element("prompt").value = promptOf(stage.writer);
      showSettings(text.settings);
    });
    await pause();
    showTokens();
    lookAtUnit(text.layer, text.unit);
    showView(text.view);
    if (text.place !== null) goToToken(text.place, false);
    say("The text of the link");
  } catch (error) {
    say(`The text of this address cannot be shown: ${error.message}`);
  }
}

const promptOf = ({ tokens }) => tokens.filter(({ id, isGiven }, i) => isGiven && !(i === 0 && id === stage.about.opening))
  .map(token => token.text).join("");

function listenToShare() {
  element("share").addEventListener("click", share);
  addEventListener("hashchange", openShared);
}

export { listenToShare, openShared };
