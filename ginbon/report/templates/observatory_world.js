// The world, and its regions: a dot a language.

const MAP = { width: 1000, height: 470, top: 80, bottom: -58 };
const across = (longitude) => ((longitude + 180) / 360) * MAP.width;
const down = (latitude) => ((MAP.top - latitude) / (MAP.top - MAP.bottom)) * MAP.height;

/** Where each language's dot is: those of one territory around its middle, in a sunflower. */
function placesOf(versions) {
  const seen = new Map();
  return versions.map((v) => {
    if (v.place === null) return null;
    const n = seen.get(v.territory) ?? 0;
    seen.set(v.territory, n + 1);
    const turn = n * 2.39996, far = 9.5 * Math.sqrt(n);
    return [across(v.place[1]) + far * Math.cos(turn), down(v.place[0]) + far * Math.sin(turn)];
  });
}

function legend(metric, edges) {
  const write = (x) => written(metric, x);
  const lower = metricOf(metric).direction !== "higher";
  const words = metric === "premium" ? CLASS_WORDS
    : lower ? [`up to ${write(edges[0])}`, `to ${write(edges[1])}`, `to ${write(edges[2])}`, `to ${write(edges[3])}`, `above ${write(edges[3])}`]
    : [`from ${write(edges[3])}`, `from ${write(edges[2])}`, `from ${write(edges[1])}`, `from ${write(edges[0])}`, `below ${write(edges[0])}`];
  place("scale").replaceChildren(
    ...words.map((said, i) => make("li", {}, make("i", { class: `f${i}` }), said)),
    make("li", {}, make("i", { class: "fx" }), "collapsed, or no figure"),
  );
}

function shownOf(version, metric, tokenizer) {
  if (collapsed(version.at, tokenizer)) return null;
  return figureOf(metric, version.at, tokenizer)?.value ?? null;
}

function describe(version, metric, tokenizer) {
  const why = collapsed(version.at, tokenizer);
  const said = why ? `collapsed: ${why}` : withInterval(metric, figureOf(metric, version.at, tokenizer));
  return `${version.name}${version.variant ? ` (${version.variant})` : ""}, ${version.script}: ${said}`;
}

/** A dot that is chosen with the pointer, Enter, or arrow keys among its neighbours. */
function dot(version, x, y, r, state, edges) {
  const value = shownOf(version, state.metric, state.tokenizer);
  const kind = classOf(state.metric, value, edges);
  const label = describe(version, state.metric, state.tokenizer);
  return make("svg:circle", {
    class: `dot f${kind}${version.at === state.version ? " now" : ""}`, cx: x.toFixed(1), cy: y.toFixed(1), r, "data-at": version.at,
    role: "button", tabindex: version.at === state.version ? 0 : -1, "aria-label": label,
  }, make("svg:title", {}, label));
}

function drawMap(state) {
  const versions = versionsOf(state.set), places = placesOf(versions);
  const edges = edgesOf(state.metric, versions.map((v) => shownOf(v, state.metric, state.tokenizer)));
  legend(state.metric, edges);
  const svg = make("svg:svg", { viewBox: `0 0 ${MAP.width} ${MAP.height}`, role: "group", "aria-label": "Languages on a picture of the world" });
  svg.append(...data.land.map(([latitude, longitude]) =>
    make("svg:circle", { class: "land", cx: across(longitude).toFixed(1), cy: down(latitude).toFixed(1), r: 3.4 })));
  const order = versions.map((v, i) => [v, places[i], shownOf(v, state.metric, state.tokenizer) ?? -1]).filter(([, at]) => at);
  order.sort((a, b) => (a[0].at === state.version) - (b[0].at === state.version) || a[2] - b[2]);
  svg.append(...order.map(([v, [x, y]]) => dot(v, x, y, 5.2, state, edges)));
  place("map").replaceChildren(svg);
  const chosen = versions.find((v) => v.at === state.version);
  place("map-says").textContent = chosen ? describe(chosen, state.metric, state.tokenizer) : "";
}

/** A row a region: its languages along the figure, on a logarithmic line where figures span much. */
function drawStrips(state) {
  const versions = versionsOf(state.set).map((v) => [v, shownOf(v, state.metric, state.tokenizer)]).filter(([, value]) => value !== null);
  if (!versions.length) return place("strips").replaceChildren(make("p", { class: "quiet" }, "No figures to draw."));
  const values = versions.map(([, value]) => value);
  const edges = edgesOf(state.metric, values);
  const regions = [...Map.groupBy(versions, ([v]) => v.region || "elsewhere")]
    .map(([name, held]) => ({ name, held, middle: median(held.map(([, value]) => value)) }))
    .sort((a, b) => b.middle - a.middle);
  const low = Math.min(...values), high = Math.max(...values);
  const wide = place("strips").clientWidth || 900, left = wide < 500 ? 112 : 168, right = 16, tall = 22;
  const log = low > 0 && high / low > 3;
  const at = (x) => log ? Math.log(x / low) / Math.log(high / low || 2) : (x - low) / (high - low || 1);
  const x = (value) => left + 8 + at(value) * (wide - left - right - 16);
  const svg = make("svg:svg", { viewBox: `0 0 ${wide} ${regions.length * tall + 24}`, role: "group", "aria-label": "Languages by region" });
  for (const tick of ticksOf(low, high, log)) {
    svg.append(make("svg:path", { class: "grid-line", d: `M${x(tick).toFixed(1)} 0V${regions.length * tall}` }),
      make("svg:text", { class: "quiet", x: x(tick).toFixed(1), y: regions.length * tall + 16, "text-anchor": "middle" }, written(state.metric, tick)));
  }
  regions.forEach(({ name, held, middle }, row) => {
    const y = row * tall + tall / 2;
    svg.append(make("svg:text", { x: left - 6, y: y + 4, "text-anchor": "end" }, name),
      make("svg:path", { class: "grid-line", d: `M${x(middle).toFixed(1)} ${y - 8}v16`, style: "stroke: var(--ink); stroke-width: 1.5" }));
    svg.append(...held.sort((a, b) => (a[0].at === state.version) - (b[0].at === state.version)).map(([v, value]) => dot(v, x(value), y, 4.4, state, edges)));
  });
  place("strips").replaceChildren(svg, make("p", { class: "quiet" }, "The upright line is the region's median."));
}

function ticksOf(low, high, log) {
  const nice = log ? [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128] : [];
  if (log) return nice.filter((t) => t >= low && t <= high);
  const power = 10 ** Math.floor(Math.log10((high - low) || 1));
  const every = [0.1, 0.2, 0.5, 1, 2].map((n) => n * power).find((step) => (high - low) / step <= 6) ?? power;
  const found = [];
  for (let t = Math.ceil(low / every) * every; t <= high; t += every) found.push(Number(t.toPrecision(6)));
  return found.slice(0, 12);
}
