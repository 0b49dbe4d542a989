// The page: what is chosen, the tables, the search.

const state = { set: 0, version: 0, tokenizer: 0, metric: "premium", sort: null, descending: false, summary: null, summaryDown: false };

const SUMMARY = [
  ["vocabulary", "vocabulary", (s) => s.toLocaleString("en")],
  ["median", "median premium", (s) => s.toFixed(2)],
  ["above2", "above 2×", String],
  ["above4", "above 4×", String],
  ["gini", "Gini", (s) => s.toFixed(3)],
  ["worst", "worst language", String],
  ["collapsed", "collapsed", String],
  ["unknown", "unknown", (s) => written("unknown-rate", s)],
  ["roundTrip", "round trip", (s) => written("round-trip", s)],
];

/** A figure, or the value of one with an interval. */
const plain = (held) => (held !== null && typeof held === "object" ? held.value : held);

function drawSummary() {
  const rows = data.summary[state.set].map((row, t) => ({ ...row, t, vocabulary: data.tokenizers[t].vocabulary }));
  const by = state.summary ?? "median", sign = state.summaryDown ? -1 : 1;
  const key = (row) => plain(row[by]);
  rows.sort((a, b) => isFloor(a.t) - isFloor(b.t) || (key(a) == null) - (key(b) == null) || sign * (key(a) > key(b) ? 1 : key(a) < key(b) ? -1 : 0));
  const heads = SUMMARY.map(([name, title]) => headOf(title, by === name ? (state.summaryDown ? "descending" : "ascending") : "none", () => {
    state.summaryDown = by === name ? !state.summaryDown : false;
    state.summary = name;
    drawSummary();
  }, name === "worst" ? "" : "num"));
  const body = rows.map((row) => make("tr", { class: "link", on: { click: () => choose({ tokenizer: row.t }) } },
    make("th", { scope: "row" }, make("bdi", {}, data.tokenizers[row.t].name)),
    ...SUMMARY.map(([name, , write]) => {
      const held = row[name], value = plain(held);
      const title = held?.low != null ? `interval ${write(held.low)} to ${write(held.high)}` : null;
      return make("td", { class: name === "worst" ? "" : "num", title }, value === null || value === undefined ? "–" : write(value));
    })));
  place("summary").replaceChildren(make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Tokenizer"), ...heads)), make("tbody", {}, ...body));
}

function headOf(title, sorted, act, kind = "num") {
  return make("th", { scope: "col", class: kind, "aria-sort": sorted }, make("button", { type: "button", on: { click: act } }, title));
}

function drawTable() {
  const wanted = folded(place("filter").value.trim());
  const versions = versionsOf(state.set).filter((v) => !wanted || searchable(v).includes(wanted));
  const edges = edgesOf(state.metric, versions.flatMap((v) => data.tokenizers.map((_, t) => (isFloor(t) ? null : shownOf(v, state.metric, t)))));
  const value = (v) => (state.sort === null ? v.name : figureOf(state.metric, v.at, state.sort)?.value ?? null);
  const sign = state.descending ? -1 : 1;
  versions.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (typeof x === "string" ? x.localeCompare(y, "en") : x - y);
  });
  const sortBy = (column) => () => {
    state.descending = state.sort === column ? !state.descending : column !== null;
    state.sort = column;
    drawTable();
  };
  const sorted = (column) => (state.sort === column ? (state.descending ? "descending" : "ascending") : "none");
  const first = headOf("Language", sorted(null), sortBy(null), "");
  const head = make("tr", {}, first, ...data.tokenizers.map((card, t) => headOf(card.name, sorted(t), sortBy(t))));
  const body = versions.map((v) => make("tr", { class: "link", on: { click: () => choose({ version: v.at }, true) } },
    make("th", { scope: "row" }, v.name, " ", make("span", { class: "small-name" }, v.id)),
    ...data.tokenizers.map((_, t) => {
      const figure = figureOf(state.metric, v.at, t), why = collapsed(v.at, t);
      const kind = why || isFloor(t) ? "x" : classOf(state.metric, figure?.value, edges);
      const title = why ? `collapsed: ${why}` : withInterval(state.metric, figure);
      return make("td", { class: "cell", title }, make("span", { class: `c${kind}${why ? " pale" : ""}` }, written(state.metric, figure?.value)));
    })));
  place("table").replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
}

function label() {
  for (const element of document.querySelectorAll("[data-shows]")) {
    const about = metricOf(state.metric);
    element.textContent = { metric: about.title.toLowerCase(), unit: about.unit, tokenizer: data.tokenizers[state.tokenizer].name }[element.dataset.shows];
  }
}

/** Choose a language, a tokenizer, a figure or a text, and draw what depends on it. */
function choose(change, jump = false) {
  const inSet = (set, version) => data.versions[version]?.set === set;
  if (change.version !== undefined && data.versions[change.version].set !== state.set) change.set = data.versions[change.version].set;
  Object.assign(state, change);
  if (!inSet(state.set, state.version)) {
    const was = data.versions[state.version];
    state.version = (versionsOf(state.set).find((v) => v.id === was.id) ?? versionsOf(state.set).find((v) => v.code === was.code) ?? versionsOf(state.set)[0]).at;
  }
  for (const name of ["set", "metric", "tokenizer"]) place(name).value = String(state[name]);
  label();
  drawMap(state);
  drawStrips(state);
  drawLanguage(state);
  if (change.set !== undefined) drawSummary();
  if (change.set !== undefined || change.metric !== undefined) drawTable();
  const v = data.versions[state.version];
  history.replaceState(null, "", `#${new URLSearchParams({ text: data.sets[state.set].name, language: v.id, tokenizer: data.tokenizers[state.tokenizer].name, figure: state.metric })}`);
  if (jump) place("language").scrollIntoView();
}

/** Dots: click, Enter and Space choose; arrows go to the nearest dot in that direction. */
function listenToDots(id) {
  const box = place(id);
  const pick = (circle) => {
    choose({ version: Number(circle.dataset.at) });
    box.querySelector("circle.now")?.focus({ preventScroll: true });
  };
  box.addEventListener("click", (event) => event.target.closest("circle.dot") && pick(event.target.closest("circle.dot")));
  box.addEventListener("mouseover", (event) => {
    const circle = event.target.closest("circle.dot");
    if (circle && id === "map") place("map-says").textContent = circle.getAttribute("aria-label");
  });
  box.addEventListener("keydown", (event) => {
    const circle = event.target.closest("circle.dot");
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!circle || !way) return;
    event.preventDefault();
    const [x, y] = [Number(circle.getAttribute("cx")), Number(circle.getAttribute("cy"))];
    const far = (other) => {
      const [dx, dy] = [other.getAttribute("cx") - x, other.getAttribute("cy") - y];
      const along = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      return along > 0.5 ? along + 2.5 * aside : Infinity;
    };
    const next = [...box.querySelectorAll("circle.dot")].reduce((best, other) => (far(other) < far(best) ? other : best), circle);
    if (next !== circle) pick(next);
  });
}

/** The search for a language: a list that arrows and Enter walk through. */
function listenToSearch() {
  const input = place("find"), list = place("found");
  let at = -1;
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); at = -1; };
  const mark = () => [...list.children].forEach((li, i) => {
    li.setAttribute("aria-selected", String(i === at));
    if (i === at) { input.setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
  });
  const take = (li) => { if (li?.dataset.at) { input.value = ""; close(); choose({ version: Number(li.dataset.at) }); } };
  const search = () => {
    const wanted = folded(input.value.trim());
    const begins = (v) => folded(v.name).startsWith(wanted) || v.id.toLowerCase().startsWith(wanted);
    const found = versionsOf(state.set).filter((v) => searchable(v).includes(wanted) || v.autonym.toLowerCase().includes(input.value.trim().toLowerCase()));
    found.sort((a, b) => begins(b) - begins(a) || a.name.localeCompare(b.name, "en"));
    list.replaceChildren(...found.slice(0, 60).map((v, i) => make("li", { role: "option", id: `found-${i}`, "data-at": v.at, "aria-selected": "false" },
      make("span", {}, v.name, v.autonym && v.autonym !== v.name ? " · " : "", make("bdi", {}, v.autonym !== v.name ? v.autonym : "")), make("span", { class: "quiet" }, v.id))));
    if (!found.length) list.append(make("li", { role: "option", "aria-disabled": "true" }, "No language is called like that."));
    list.hidden = false; input.setAttribute("aria-expanded", "true"); at = found.length && wanted ? 0 : -1; mark();
  };
  input.addEventListener("input", search);
  input.addEventListener("focus", search);
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => { event.preventDefault(); take(event.target.closest("li")); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (event.key === "Enter") { event.preventDefault(); return take(list.children[Math.max(at, 0)]); }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    at = Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), list.children.length - 1);
    mark();
  });
}

/** What an address asks for, else the first tokenizer on the language that is charged most by it. */
function opening() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const at = (list, test, otherwise) => { const found = list.findIndex(test); return found < 0 ? otherwise : found; };
  const set = at(data.sets, (s) => s.name === asked.get("text"), 0);
  const tokenizer = at(data.tokenizers, (c) => c.name === asked.get("tokenizer"), 0);
  const metric = metricOf(asked.get("figure")) ? asked.get("figure") : metricOf("premium") ? "premium" : data.metrics[0].name;
  const dearest = versionsOf(set).reduce((best, v) => ((figureOf(metric, v.at, tokenizer)?.value ?? 0) > (figureOf(metric, best.at, tokenizer)?.value ?? 0) ? v : best), versionsOf(set)[0]);
  const version = data.versions.find((v) => v.set === set && v.id === asked.get("language")) ?? dearest;
  return { set, tokenizer, metric, version: version.at };
}

async function begin() {
  data = await unpacked("data");
  data.versions.forEach((v, i) => { v.at = i; });
  place("set").replaceChildren(...data.sets.map((s, i) => make("option", { value: i }, `${s.name} (${s.languages} languages)`)));
  place("sets-line").hidden = data.sets.length < 2;
  place("metric").replaceChildren(...data.metrics.map((m) => make("option", { value: m.name }, m.title)));
  place("tokenizer").replaceChildren(...data.tokenizers.map((card, t) => make("option", { value: t }, card.name)));
  place("set").addEventListener("change", (event) => choose({ set: Number(event.target.value) }));
  place("metric").addEventListener("change", (event) => choose({ metric: event.target.value }));
  place("tokenizer").addEventListener("change", (event) => choose({ tokenizer: Number(event.target.value) }));
  place("filter").addEventListener("input", drawTable);
  listenToDots("map");
  listenToDots("strips");
  listenToSearch();
  const first = opening();
  choose(first);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; drawStrips(state); } });
}

begin();
