// The page: languages, a card for each rule, what is kept in all, the documents that change, the recipe.
// Whatever comes from documents is set as text, never as mark-up.

const data = JSON.parse(document.getElementById("data").textContent);
const place = (id) => document.getElementById(id);
const FEW = 12; // languages beyond which they are searched
const LISTED = 16; // documents of a list

const states = new Map(); // by label: the sample, and the rules as they are set
let now = null; // the language that is shown
let turned = "lost";

/** An element; text is text, a null child is none. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const whole = (x) => Math.round(x).toLocaleString("en");

function short(value) {
  for (const [limit, sign] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= limit) return Number((value / limit).toPrecision(3)) + sign;
  }
  return String(Number(value.toPrecision(4)));
}

/** A part of a whole in per cent, never rounded to nothing or to all. */
function percent(part, all) {
  if (!all) return "–";
  const value = (100 * part) / all;
  if (value > 0.0001 && value < 0.1) return "< 0.1\u00a0%";
  if (value > 99.9 && value < 99.9999) return "> 99.9\u00a0%";
  return (value < 0.1 ? "0" : value > 99.9 ? "100" : value.toFixed(1)) + "\u00a0%";
}

const written = (value) => String(Number(value.toFixed(6)));
const measured = (millionths) => (millionths / QUANTUM).toLocaleString("en", { maximumSignificantDigits: 5 });
const same = (a, b) => a.on === b.on && (!a.on || (a.low === b.low && a.high === b.high));
const plural = (n, one) => `${whole(n)} ${one}${Math.round(n) === 1 ? "" : "s"}`;

/** The state of a language; made when it is first shown. The rules that drop most in the run come first. */
async function stateOf(language) {
  if (!states.has(language.label)) {
    const sample = await unpack(language);
    const rules = [];
    for (const [name, about] of Object.entries(data.rules)) {
      if (!sample.columns.has(about.signal)) continue;
      const run = language.rules[name];
      const [low, high] = run ?? tailOf(sample, about, data.signals[about.signal]);
      rules.push({ name, ...about, low, high, on: !!run, run: { low, high, on: !!run } });
    }
    const decided = decide(sample, rules), drops = new Map(rules.map((rule, k) => [rule, effectOf(sample, decided, k).drops]));
    rules.sort((a, b) => drops.get(b) - drops.get(a));
    states.set(language.label, { language, sample, rules, cards: null });
  }
  return states.get(language.label);
}

/** Ends to begin with for a rule that the run does not have: one document in a hundred lies outside. */
function tailOf(sample, about, signal) {
  const scale = scaleOf(sample, { ...about, run: { low: null, high: null } }, signal);
  const { values, which, distinct } = sample.columns.get(about.signal);
  const sorted = Float64Array.from(which.subarray(0, sample.size), (k) => (k < distinct ? values[k] / QUANTUM : NaN))
    .filter((v) => !Number.isNaN(v)).sort();
  const at = (share) => niceValue(scale, Math.round(PLACES * scale.place(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)));
  return [about.keep_if === "<=" ? null : at(0.01), about.keep_if === ">=" ? null : at(0.99)];
}

/** Why a recipe with this threshold would be refused beside the language's other rules, or nothing. */
function refusal(rule, rules) {
  const signal = data.signals[rule.signal];
  if (!rule.on || same(rule, rule.run)) return "";
  const least = signal.low ?? -Infinity, most = signal.high ?? Infinity;
  if (rule.low !== null && rule.high !== null && rule.low > rule.high) return "keeps nothing: the first end is above the second";
  if ((rule.low ?? -Infinity) > most || (rule.high ?? Infinity) < least) return "drops every document";
  if ((rule.low ?? -Infinity) <= least && (rule.high ?? Infinity) >= most) return "never drops a document: switch it off instead";
  for (const ladder of data.ladders) {
    const steps = ladder.map((name) => rules.find((r) => r.name === name && r.on)).filter((r) => r), at = steps.indexOf(rule);
    if (at > 0 && rule.high > steps[at - 1].high) return `is above that of ${steps[at - 1].name}; longer runs repeat less, so move both`;
    if (at >= 0 && rule.high < steps[at + 1]?.high) return `is below that of ${steps[at + 1].name}; longer runs repeat less, so move both`;
  }
  return "";
}

// --- the recipe ------------------------------------------------------------------------------------------------------

/** What differs from the run, as a recipe says it; nothing where nothing does. */
function recipe() {
  const lines = [], refused = [];
  for (const { language, rules } of states.values()) {
    const good = [];
    for (const rule of rules.filter((rule) => !same(rule, rule.run))) {
      const wrong = refusal(rule, rules), line = `${rule.name}: ${said(rule)}`;
      if (wrong) refused.push(`# left out, ${language.label} ${line}, which ${wrong}`);
      else good.push(`      ${line}  # was ${said(rule.run)}`);
    }
    if (good.length) lines.push(`  ${language.label}:`, "    rules:", ...good);
  }
  const all = [...(lines.length ? ["languages:"] : []), ...lines, ...refused];
  return all.length ? all.join("\n") + "\n" : "";
}

function said(rule) {
  if (!rule.on) return "off";
  if (rule.low !== null && rule.high !== null) return `[${written(rule.low)}, ${written(rule.high)}]`;
  return written(rule.low ?? rule.high);
}

// --- languages -------------------------------------------------------------------------------------------------------

function listLanguages() {
  const list = place("languages"), search = place("search");
  list.replaceChildren(...data.languages.map((language) => make("li", {},
    make("button", { type: "button", "data-label": language.label, on: { click: () => show(language) } },
      make("span", { class: "name" }, language.name), " ", make("span", { class: "quiet" }, language.label),
      make("span", { class: "share" }), make("i", { class: "moved", title: "changed", hidden: true })))));
  place("picker").hidden = data.languages.length < 2;
  search.parentElement.hidden = data.languages.length <= FEW - 4;
  list.classList.toggle("many", data.languages.length > FEW);
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    data.languages.forEach((language, i) => {
      const words = `${language.name} ${language.autonym} ${language.label}`.toLowerCase();
      list.children[i].hidden = !words.includes(wanted);
    });
    place("none").hidden = [...list.children].some((item) => !item.hidden);
  });
}

function markLanguages() {
  for (const button of place("languages").querySelectorAll("button")) {
    const language = data.languages.find((l) => l.label === button.dataset.label), state = states.get(language.label);
    const [[dropped], [kept]] = language.strata;
    const share = state?.kept ?? kept;
    button.setAttribute("aria-pressed", String(state !== undefined && state === now));
    button.querySelector(".share").textContent = percent(share, dropped + kept);
    button.querySelector(".moved").hidden = !state || state.rules.every((rule) => same(rule, rule.run));
  }
}

async function show(language) {
  now = await stateOf(language);
  now.cards ??= now.rules.map((rule) => cardOf(now, rule));
  const used = now.cards.filter((card) => card.rule.run.on), others = now.cards.filter((card) => !card.rule.run.on);
  place("rules").replaceChildren(...used.map((card) => card.element));
  place("others").replaceChildren(...others.map((card) => card.element));
  place("unused").hidden = !others.length;
  place("of-language").textContent = language.name;
  place("trusted-legend").hidden = !language.trusted;
  sampleNote(now);
  update();
}

function sampleNote({ language, sample }) {
  const all = language.strata[0][0] + language.strata[1][0];
  const fixed = language.fixed ? ` ${plural(language.fixed, "document")} dropped by a licence or a block, whatever the thresholds, not counted.` : "";
  place("sampled").textContent = (sample.size === all
    ? `All ${plural(all, "document")} of this language are in the page, so the figures are exact.`
    : `The page holds ${whole(sample.size)} of ${plural(all, "document")}, drawn by chance (${whole(sample.strata[0].drawn)} that the run drops, ` +
      `${whole(sample.strata[1].drawn)} that it keeps) and weighted back. The run's own shares are exact; those of moved thresholds are estimates, ` +
      "± their 95 % interval.") + fixed;
}

// --- a rule ----------------------------------------------------------------------------------------------------------

function cardOf(state, rule) {
  const signal = data.signals[rule.signal], scale = scaleOf(state.sample, rule, signal);
  const card = { rule, signal, scale, sums: totalsOf(state.sample, rule, scale), fields: {}, sliders: {} };
  const sides = ["low", "high"].filter((side) => rule[side] !== null);
  card.switch = make("input", { type: "checkbox", role: "switch", "aria-label": `${rule.name} is used`, on: {
    change: (event) => { rule.on = event.target.checked; update(); } } });
  card.svg = svgOf();
  for (const side of sides) addSide(card, side, sides.length);
  card.effect = make("p", { class: "effect" });
  card.warning = make("p", { class: "warning", role: "status" });
  card.reset = make("button", { type: "button", class: "link", hidden: true, on: { click: () => { Object.assign(rule, rule.run); update(); } } });
  card.beside = make("ul", { class: "samples" });
  card.details = make("details", { on: { toggle: () => listBeside(card) } }, make("summary", {}, "Documents beside the threshold"), card.beside);
  const ticks = scale.ticks.map(([text, at]) => make("span", { style: `left:${(100 * at).toFixed(2)}%` }, text));
  card.element = make("section", { class: "card rule", "aria-label": rule.name, "data-rule": rule.name },
    make("header", {}, make("h3", {}, rule.name), card.reset, make("label", { class: "switch" }, card.switch)),
    make("p", { class: "why" }, rule.why, " · ", make("span", { title: signal.formula }, signal.name)),
    make("div", { class: "chart" }, card.svg, ...sides.map((side) => card.sliders[side]), make("div", { class: "ticks", "aria-hidden": "true" }, ...ticks)),
    make("div", { class: "fields" }, ...sides.map((side) => card.fields[side].parentElement)),
    card.effect, card.warning, card.details);
  return card;
}

function svgOf() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img" })) svg.setAttribute(name, value);
  for (const name of ["ground", "kept", "dropped", "trusted"]) {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/** The slider and the field of one end. */
function addSide(card, side, number) {
  const { rule, scale, signal } = card, words = side === "low" ? "at least" : "at most";
  const set = (value) => {
    if (Number.isNaN(value)) return;
    rule[side] = value;
    rule.on = true;
    update();
  };
  const bounded = (value) => (number < 2 ? value : side === "low" ? Math.min(value, rule.high) : Math.max(value, rule.low));
  const keys = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 50, PageDown: -50 };
  card.sliders[side] = make("input", { type: "range", min: 0, max: PLACES, step: 1, class: side, "aria-label": `${rule.name}: ${words}`, on: {
    input: (event) => set(bounded(niceValue(scale, Number(event.target.value)))),
    keydown: (event) => {
      if (!(event.key in keys) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      set(bounded(stepped(scale, rule[side], keys[event.key])));
    } } });
  card.fields[side] = make("input", { type: "number", step: "any", min: signal.low, max: signal.high, inputmode: "decimal", on: {
    input: (event) => set(event.target.value === "" ? NaN : Math.round(event.target.valueAsNumber * QUANTUM) / QUANTUM),
    blur: () => update() } });
  const unit = side === "high" || number === 1 ? make("span", { class: "unit" }, signal.unit) : null;
  make("label", {}, make("span", {}, words), card.fields[side], unit ?? "");
}

function refresh(card, decided) {
  const { rule, signal, scale } = card, { sample, language } = now, k = now.rules.indexOf(rule);
  const paths = pathsOf(sample, rule, scale, card.sums, decided.count);
  for (const path of card.svg.children) {
    const drawn = paths[path.getAttribute("class")];
    if (path.getAttribute("d") !== drawn) path.setAttribute("d", drawn);
  }
  const all = language.strata[0][0] + language.strata[1][0];
  const effect = effectOf(sample, decided, k);
  const trusted = sample.trusted ? make("span", {}, `of trusted text ${percent(effect.trusted, sample.trusted)}`) : "";
  card.effect.replaceChildren(...(rule.on
    ? ["drops ", make("strong", {}, percent(effect.drops, all)), " · alone ", make("strong", {}, percent(effect.alone, all)),
       ` (${whole(effect.alone)})`, trusted]
    : [rule.run.on ? "switched off" : "not used"]));
  const refused = refusal(rule, now.rules);
  card.warning.textContent = refused;
  card.effect.hidden = !!refused;
  card.svg.setAttribute("aria-label", `${signal.name}: ${rule.name} drops ${percent(effect.drops, all)} of the documents`);
  card.switch.checked = rule.on;
  for (const [side, slider] of Object.entries(card.sliders)) {
    slider.value = Math.round(scale.place(rule[side]) * PLACES);
    slider.setAttribute("aria-valuetext", `${written(rule[side])} ${signal.unit}; ${percent(now.kept, all)} of documents kept`);
    const field = card.fields[side];
    if (field !== document.activeElement || field.valueAsNumber !== rule[side]) if (!(field === document.activeElement && field.value === "")) field.value = written(rule[side]);
  }
  card.element.classList.toggle("off", !rule.on);
  card.element.classList.toggle("changed", !same(rule, rule.run));
  card.reset.hidden = same(rule, rule.run);
  card.reset.textContent = `back to ${said(rule.run)}`;
  if (card.details.open) listBeside(card);
}

/** The documents nearest to the ends of a rule, on both sides. */
function listBeside(card) {
  if (!card.details.open) return;
  const { rule } = card, { sample } = now, { values, which } = sample.columns.get(rule.signal);
  const found = [];
  for (const [side, sign] of [["low", 1], ["high", -1]]) {
    if (rule[side] === null) continue;
    const rows = [...sample.excerpts.keys()].map((row) => [row, sign * (values[which[row]] - millionths(rule[side]))]).filter(([, far]) => !Number.isNaN(far));
    for (const inside of [false, true]) {
      const near = rows.filter(([, far]) => far >= 0 === inside).sort((a, b) => Math.abs(a[1]) - Math.abs(b[1])).slice(0, 3);
      found.push(...near.map(([row]) => ({ row, inside })));
    }
  }
  card.beside.replaceChildren(...found.map(({ row, inside }) =>
    document_(row, `${measured(values[which[row]])} ${card.signal.unit}`, inside ? "inside" : "outside")));
  if (!found.length) card.beside.replaceChildren(make("li", { class: "quiet" }, "No document has a value here."));
}

// --- what is kept ----------------------------------------------------------------------------------------------------

let waiting = false;

/** Decide anew and show it, once before the next picture. */
function update() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const decided = decide(now.sample, now.rules);
    summarise(decided);
    for (const card of now.cards) if (card.rule.run.on || place("unused").open) refresh(card, decided);
    listTurned(decided);
    const text = recipe();
    place("yaml").textContent = text || "# Nothing differs from the run.\n";
    place("copy").disabled = !text;
    place("reset").disabled = now.rules.every((rule) => same(rule, rule.run));
    markLanguages();
  });
}

/** For both strata whether no document of it can have changed: stricter rules keep nothing new, looser ones lose nothing. */
function certainty(rules) {
  const end = (rule, side) => (rule.on && rule[side] !== null ? rule[side] : side === "low" ? -Infinity : Infinity);
  const looser = rules.some((r) => end(r, "low") < end(r.run, "low") || end(r, "high") > end(r.run, "high"));
  const stricter = rules.some((r) => end(r, "low") > end(r.run, "low") || end(r, "high") < end(r.run, "high"));
  return [!looser, !stricter];
}

function summarise(decided) {
  const { sample, language, rules } = now, [[lostRun, lostWords], [keptRun, keptWords]] = language.strata;
  const all = lostRun + keptRun, allWords = lostWords + keptWords;
  const kept = estimate(sample, (i) => decided.count[i] === 0, certainty(rules));
  now.kept = kept.documents;
  const within = (half, of) => (half ? ` ± ${((100 * half) / of).toFixed(half / of < 0.001 ? 2 : 1)}` : "");
  place("kept").textContent = percent(kept.documents, all);
  place("kept-within").textContent = within(kept.documentsWithin, all);
  place("kept-words").textContent = percent(kept.words, allWords);
  place("words-within").textContent = within(kept.wordsWithin, allWords);
  place("lost").textContent = percent(all - kept.documents, all);
  place("lost-words").textContent = percent(allWords - kept.words, allWords);
  place("bar-kept").style.width = `${all ? (100 * kept.documents) / all : 0}%`;
  place("bar-run").style.left = `${all ? (100 * keptRun) / all : 0}%`;
  place("in-run").textContent = `${percent(keptRun, all)} of ${plural(all, "document")}, ${percent(keptWords, allWords)} of ${plural(allWords, "word")}`;
  place("difference").textContent = differenceOf(kept.documents - keptRun, kept.words - keptWords, rules.every((rule) => same(rule, rule.run)));
  let passing = 0;
  for (let i = sample.size; i < decided.count.length; i++) passing += decided.count[i] === 0;
  place("trusted-row").hidden = !sample.trusted;
  place("trusted").textContent = percent(passing, sample.trusted);
  place("trusted-row").title = plural(sample.trusted, "trusted document");
}

function differenceOf(documents, words, alike) {
  if (alike) return "as in the run";
  const sign = (x) => (Math.round(x) < 0 ? "−" : "+");
  return `${sign(documents)}${plural(Math.abs(documents), "document")}, ${sign(words)}${plural(Math.abs(words), "word")}`;
}

// --- documents that change -------------------------------------------------------------------------------------------

function listTurned(decided) {
  const { sample } = now;
  const before = now.before ??= decide(sample, now.rules.map((rule) => ({ ...rule, ...rule.run })));
  const lost = (i) => before.count[i] === 0 && decided.count[i] > 0, gained = (i) => before.count[i] > 0 && decided.count[i] === 0;
  const sizes = { lost: estimate(sample, lost).documents, gained: estimate(sample, gained).documents };
  for (const [kind, words] of [["lost", "newly lost"], ["gained", "newly kept"]]) {
    const tab = place(`tab-${kind}`);
    tab.textContent = `${words} ${whole(sizes[kind])}`;
    tab.setAttribute("aria-selected", String(turned === kind));
    tab.tabIndex = turned === kind ? 0 : -1;
  }
  const is = turned === "lost" ? lost : gained, why = turned === "lost" ? decided : before;
  const rows = [...sample.excerpts.keys()].filter(is);
  place("turned").setAttribute("aria-labelledby", `tab-${turned}`);
  place("turned").replaceChildren(...rows.slice(0, LISTED).map((row) => document_(row, reasons(row, why), turned === "lost" ? "outside" : "inside")));
  const size = sizes[turned], exact = sample.strata.every((stratum) => stratum.drawn === stratum.documents);
  place("turned-note").textContent = !size ? (turned === "lost" ? "No document is newly lost." : "No document is newly kept.")
    : !rows.length ? "None of these has its text in the page."
    : rows.length < Math.round(size) || rows.length > LISTED ? `${Math.min(LISTED, rows.length)} of ${exact ? "" : "about "}${whole(size)} are shown.` : "";
}

/** Which rules drop a document, and at which value. */
function reasons(row, decided) {
  return now.rules.filter((_, k) => decided.failed[k][row]).map((rule) => {
    const { values, which } = now.sample.columns.get(rule.signal);
    return `${rule.name} ${measured(values[which[row]])}`;
  }).join(", ");
}

function document_(row, value, kind) {
  const { id, source, text, clipped } = now.sample.excerpts.get(row);
  return make("li", { class: `sample ${kind}` },
    make("blockquote", { dir: "auto", lang: now.language.label.split("_")[0] }, text.replace(/\n\s*\n/g, "\n") + (clipped ? " …" : "")),
    make("p", { class: "from" }, make("strong", {}, value), " · ", make("bdi", {}, source), " · ", make("code", {}, id)));
}

// --- beginning -------------------------------------------------------------------------------------------------------

for (const kind of ["lost", "gained"]) {
  place(`tab-${kind}`).addEventListener("click", () => { turned = kind; update(); });
  place(`tab-${kind}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    turned = turned === "lost" ? "gained" : "lost";
    update();
    place(`tab-${turned}`).focus();
  });
}
place("unused").addEventListener("toggle", update);
place("reset").addEventListener("click", () => {
  for (const rule of now.rules) Object.assign(rule, rule.run);
  update();
});
place("copy").addEventListener("click", async () => {
  const text = recipe(), told = place("copied");
  try {
    await navigator.clipboard.writeText(text);
    told.textContent = "copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(place("yaml"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    told.textContent = document.execCommand("copy") ? "copied" : "selected: copy it with the keyboard";
  }
  setTimeout(() => { told.textContent = ""; }, 4000);
});
listLanguages();
if (data.languages.length) show(data.languages[0]);
