// The page: opens the model, puts the views into their places, and shows the text of a link where the page was opened with one.

import { createModel } from "../engine/engine.js";
import { neighboursView } from "../lab/alike.js";
import { branchesView } from "../lab/branches.js";
import { chancesView } from "../lab/chances.js";
import { compareView } from "../lab/compare.js";
import { gatesView } from "../lab/gateview.js";
import { stateView } from "../lab/picture.js";
import { trainingView } from "../lab/training.js";
import { unitsView } from "../lab/units.js";
import { whyView } from "../lab/why.js";
import { fingerprint, readSource } from "../text/source.js";
import { Tokenizer } from "../text/tokenizer.js";
import { Writer } from "../text/writer.js";
import { listenToTokens } from "./choices.js";
import { prepareSliders } from "./form.js";
import { listenToShare, openShared } from "./sharing.js";
import { stage } from "./stage.js";
import { addView, leaveOut, listenToTabs, showView } from "./tabs.js";
import { paintBy } from "./tokens.js";
import { listenToTour } from "./tour.js";
import { listenToForm, say, sayBroken, setState } from "./writing.js";

const views = [
  chancesView, branchesView, stateView, unitsView, gatesView, neighboursView, whyView, trainingView, compareView,
];

async function start() {
  const source = readSource(), { about } = source;
  Object.assign(stage, { about, name: source.name, fingerprint: fingerprint(source.weights) });
  prepareSliders(about.defaults);
  stage.writer = new Writer(await createModel(about.config, source.weights, source.kernel), new Tokenizer(source.tokenizer), about);
  document.body.dataset.compiled = stage.writer.model.kernel.isCompiled;
  for (const listen of [listenToForm, listenToTokens, listenToTabs, listenToShare, listenToTour]) listen();
  for (const view of views) {
    if (view === trainingView && !about.history) leaveOut(view.id);
    else addView(view);
  }

  paintBy("surprise");
  showView("chances");
  setState("ready");
  say("");
  await openShared();
}

start().catch(sayBroken);

export { start };
