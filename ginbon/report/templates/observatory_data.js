// What the page holds, and how its figures are read. Whatever comes from data is set as text, never as mark-up.

const place = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/** An element; text is text, a null child is none. */
function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value !== null && value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The page's data: deflated JSON in Base64. */
async function unpacked(id) {
  const bytes = Uint8Array.from(atob(place(id).textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

let data = null; // set once, before anything is drawn

const EDGES = [1.2, 1.5, 2, 4]; // of a premium's classes
const CLASS_WORDS = ["up to 1.2", "1.2 to 1.5", "1.5 to 2", "2 to 4", "above 4"];

/** A figure with its interval, null where there is none. */
function figureOf(metric, version, tokenizer) {
  const held = data.figures[metric]?.[version]?.[tokenizer];
  if (!held) return null;
  const by = 10 ** metricOf(metric).digits;
  const [value, low, high] = held.map((x) => (x === null || x === undefined ? null : x / by));
  return { value, low, high };
}

const metricOf = (name) => data.metrics.find((m) => m.name === name);
const isFloor = (t) => data.tokenizers[t].floor;
const collapsed = (version, t) => data.collapsed[version]?.[t] ?? "";
/** Which ranking belongs to a figure: all that are tokens for the same text have one; others have none. */
const rankingOf = (metric) => (metric === "premium" ? data.ranks.premium : data.by_tokens.includes(metric) ? data.ranks.tokens : null);
const rankOf = (metric, version, t) => rankingOf(metric)?.[version]?.[t] ?? null;
const versionsOf = (set) => data.versions.filter((v) => v.set === set);

function written(metric, x) {
  if (x === null || x === undefined) return "–";
  const { share, digits } = metricOf(metric);
  if (!share) return x >= 1000 ? Math.round(x).toLocaleString("en") : x.toFixed(Math.min(digits, 2));
  const percent = 100 * x;
  if (percent > 0 && percent < 0.1) return "< 0.1\u00a0%";
  if (percent > 99.9 && percent < 100) return "> 99.9\u00a0%";
  return `${percent === 0 || percent === 100 ? percent : percent.toFixed(1)}\u00a0%`;
}

function withInterval(metric, figure) {
  if (!figure) return "–";
  const inside = figure.low === null ? "" : ` [${written(metric, figure.low)}, ${written(metric, figure.high)}]`;
  return written(metric, figure.value) + inside;
}

/** The class of a figure: a premium by fixed edges, another figure by fifths of what is shown; x where there is none. */
function classOf(metric, value, edges) {
  if (value === null || value === undefined) return "x";
  const better = metricOf(metric).direction === "higher" ? (edge) => value < edge : (edge) => value > edge;
  return String(edges.filter(better).length);
}

function edgesOf(metric, values) {
  if (metric === "premium") return EDGES;
  const found = values.filter((v) => v !== null).sort((a, b) => a - b);
  if (!found.length) return [0, 0, 0, 0];
  return [0.2, 0.4, 0.6, 0.8].map((q) => found[Math.min(found.length - 1, Math.floor(q * found.length))]);
}

function median(values) {
  const found = [...values].sort((a, b) => a - b);
  if (!found.length) return null;
  const half = found.length >> 1;
  return found.length % 2 ? found[half] : (found[half - 1] + found[half]) / 2;
}

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const searchable = (v) => folded([v.name, v.autonym, v.id, v.script, v.region, v.territory].join(" ")) + ` ${v.autonym.toLowerCase()}`;
