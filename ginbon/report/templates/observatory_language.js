// One language: what each tokenizer charges, beside what it loses, and where it cuts a real sentence.

const HONEST = ["unknown-rate", "lost-text", "round-trip"];

function orderOf(state) {
  const order = data.tokenizers.map((_, t) => t).filter((t) => figureOf(state.metric, state.version, t)?.value != null || collapsed(state.version, t));
  const last = (t) => (collapsed(state.version, t) ? 2 : isFloor(t) ? 1 : 0);
  const sign = metricOf(state.metric).direction === "higher" ? -1 : 1;
  return order.sort((a, b) => last(a) - last(b) ||
    sign * ((figureOf(state.metric, state.version, a)?.value ?? 0) - (figureOf(state.metric, state.version, b)?.value ?? 0)));
}

function barsOf(state) {
  const order = orderOf(state);
  const most = Math.max(...order.map((t) => figureOf(state.metric, state.version, t)?.high ?? figureOf(state.metric, state.version, t)?.value ?? 0)) || 1;
  const box = make("div", { class: "bars" });
  for (const t of order) {
    const figure = figureOf(state.metric, state.version, t), why = collapsed(state.version, t);
    const floor = state.metric === "premium" ? figureOf("premium-floor", state.version, t)?.value ?? null : null;
    const svg = make("svg:svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
    const part = (x) => ((100 * x) / most).toFixed(3);
    if (figure?.value != null) svg.append(make("svg:rect", { class: "value", width: part(figure.value), height: 10 }));
    if (figure?.low != null) svg.append(make("svg:rect", { class: "between", x: part(figure.low), y: 4, width: Math.max(part(figure.high - figure.low), 0.25), height: 2 }));
    if (floor !== null && floor <= most) svg.append(make("svg:path", { class: "floor", d: `M${part(floor)} 0v10`, "vector-effect": "non-scaling-stroke" }));
    const rank = rankOf(state.metric, state.version, t);
    const name = make("span", {}, rank === null ? "" : `${rank}. `, make("bdi", {}, data.tokenizers[t].name));
    const said = make("span", { class: "figure" }, make("b", {}, written(state.metric, figure?.value)),
      figure?.low == null ? "" : ` [${written(state.metric, figure.low)}, ${written(state.metric, figure.high)}]`);
    box.append(make("div", { class: `row${why ? " collapsed" : ""}${t === state.tokenizer ? " here" : ""}`, title: why || null }, name, svg, said));
    if (why) box.append(make("p", { class: "quiet" }, `${data.tokenizers[t].name} collapsed and has no rank: ${why}.`));
  }
  return box;
}

function honestyOf(state) {
  const columns = ["fertility", "premium-over-bytes", "grapheme-cuts", ...HONEST].filter((name) => metricOf(name));
  const head = make("tr", {}, make("th", { scope: "col" }, "Tokenizer"), ...columns.map((name) => make("th", { scope: "col", class: "num" }, metricOf(name).title)));
  const rows = orderOf(state).map((t) => make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, data.tokenizers[t].name)),
    ...columns.map((name) => {
      const pale = collapsed(state.version, t) && !HONEST.includes(name);
      const figure = figureOf(name, state.version, t);
      return make("td", { class: "num", title: withInterval(name, figure) }, make("span", { class: pale ? "pale" : null }, written(name, figure?.value)));
    })));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What stands beside the figure" },
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

/** A sentence in its tokens. A token that begins inside a character (as readers see it) leaves the character whole, and underlined. */
function sentence(example, cuts) {
  const box = make("p", { class: "text", dir: "auto", lang: example.lang });
  let colour = -1, span = null, torn = null;
  example.graphemes.forEach((grapheme, i) => {
    const code = parseInt(cuts[i] ?? "0", 36), begins = code & 1, inside = code >> 1;
    if (begins || span === null) {
      colour = (colour + 1) % 4;
      span = make("span", { class: `p${colour}` });
      box.append(span);
    }
    if (inside) {
      torn = make("span", { class: "torn", title: `${inside} more token${inside === 1 ? "" : "s"} begin inside this character` }, grapheme);
      span.append(torn);
      colour = (colour + inside) % 4;
    } else span.append(grapheme);
  });
  return box;
}

function sentencesOf(state) {
  const example = data.examples[state.version];
  if (!example) return null;
  const box = make("div", { class: "sentences" });
  for (const t of orderOf(state)) {
    const cuts = example.cuts[t];
    if (!cuts || isFloor(t)) continue;
    const torn = [...cuts].filter((c) => parseInt(c, 36) > 1).length;
    box.append(make("div", {},
      make("p", { class: "of" }, make("b", {}, make("bdi", {}, data.tokenizers[t].name)), make("span", {}, `${example.tokens[t]} tokens`),
        torn ? make("span", { class: "quiet" }, `${torn} character${torn === 1 ? "" : "s"} torn`) : null),
      sentence(example, cuts)));
  }
  return box;
}

/** Fertility by vocabulary size: does a larger vocabulary help this language? */
function scatterOf(state) {
  const points = data.tokenizers.map((card, t) => ({ t, size: card.vocabulary, figure: figureOf("fertility", state.version, t) }))
    .filter((p) => !isFloor(p.t) && !collapsed(state.version, p.t) && p.figure?.value != null);
  if (points.length < 2) return null;
  const W = 460, H = 300, left = 42, right = 14, top = 14, bottom = 40;
  const sizes = points.map((p) => p.size), most = 1.08 * Math.max(...points.map((p) => p.figure.high ?? p.figure.value));
  const [from, to] = [Math.min(...sizes) * 0.8, Math.max(...sizes) * 1.35];
  const x = (size) => left + (Math.log(size / from) / Math.log(to / from)) * (W - left - right);
  const y = (value) => H - bottom - (value / most) * (H - top - bottom);
  const svg = make("svg:svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": points.map((p) => `${data.tokenizers[p.t].name}: ${p.size} tokens, ${withInterval("fertility", p.figure)}`).join("; ") });
  for (const size of [16e3, 32e3, 64e3, 128e3, 256e3].filter((s) => s > from && s < to)) {
    svg.append(make("svg:path", { class: "grid-line", d: `M${x(size).toFixed(1)} ${top}V${H - bottom}` }),
      make("svg:text", { class: "quiet", x: x(size).toFixed(1), y: H - bottom + 15, "text-anchor": "middle" }, `${size / 1000}k`));
  }
  for (const tick of ticksOf(0, most, false)) {
    svg.append(make("svg:path", { class: "grid-line", d: `M${left} ${y(tick).toFixed(1)}H${W - right}` }),
      make("svg:text", { class: "quiet", x: left - 6, y: (y(tick) + 4).toFixed(1), "text-anchor": "end" }, String(tick)));
  }
  svg.append(make("svg:text", { class: "quiet", x: (W + left) / 2, y: H - 6, "text-anchor": "middle" }, "tokens in the vocabulary"));
  const taken = [];
  for (const p of points.sort((a, b) => a.figure.value - b.figure.value)) {
    const px = x(p.size), py = y(p.figure.value);
    if (p.figure.low !== null) svg.append(make("svg:path", { d: `M${px.toFixed(1)} ${y(p.figure.low).toFixed(1)}V${y(p.figure.high).toFixed(1)}`, stroke: "var(--ink)" }));
    svg.append(make("svg:circle", { class: `dot f${p.t === state.tokenizer ? "4" : "0"}`, cx: px.toFixed(1), cy: py.toFixed(1), r: 4.5 }, make("svg:title", {}, `${data.tokenizers[p.t].name}: ${withInterval("fertility", p.figure)}`)));
    const name = data.tokenizers[p.t].name, end = px > W * 0.72, wide = 6.2 * name.length;
    const box = { from: end ? px - 8 - wide : px + 8, to: end ? px - 8 : px + 8 + wide, y: py + 4 };
    const clashes = () => taken.some((o) => Math.abs(o.y - box.y) < 11 && o.from < box.to && box.from < o.to);
    while (box.y > top && clashes()) box.y -= 11;
    taken.push(box);
    if (box.y > top) svg.append(make("svg:text", { x: (end ? box.to : box.from).toFixed(1), y: box.y.toFixed(1), "text-anchor": end ? "end" : "start" }, name));
  }
  return make("div", { class: "scatter" }, make("h3", {}, "Fertility by vocabulary size"), svg,
    make("p", { class: "quiet" }, "Tokens per word; the upright line is the interval. On one height: the vocabulary's size is not what decides."));
}

function drawLanguage(state) {
  const version = data.versions[state.version];
  const where = [version.script, version.territory_name, version.region].filter(Boolean).join(", ");
  const title = make("h3", {}, make("bdi", {}, version.name), version.autonym && version.autonym !== version.name ? make("span", { class: "quiet" }, " ", make("bdi", {}, version.autonym)) : null);
  const about = make("p", { class: "quiet" }, `${version.id}; ${where}; ${version.lines} lines of ${data.sets[version.set].name}.`);
  const floorNote = state.metric === "premium" ? " The red line is the floor of the tokenizer's split pattern: no vocabulary gets below it." : "";
  const left = make("div", {}, make("p", {}, `${metricOf(state.metric).title}, ${metricOf(state.metric).unit}. The thin line is the interval.${rankingOf(state.metric) ? " Tokenizers with the same rank are tied." : ""}${floorNote}`),
    barsOf(state));
  const sentences = sentencesOf(state);
  place("one").replaceChildren(title, about, make("div", { class: "two" }, left, scatterOf(state) ?? make("div")), honestyOf(state),
    ...(sentences ? [make("h3", {}, "One sentence, cut into tokens"), make("p", { class: "quiet" }, "A colour is a token; a wavy underline is a character that is torn between tokens."), sentences] : []));
}
