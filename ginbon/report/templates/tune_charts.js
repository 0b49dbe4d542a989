// Charts: a scale that the columns and the slider beneath them share, so that the thumb stands under its place.

const BINS = 44;
const PLACES = 1000; // of a slider

const CURVES = {
  log: { to: Math.log1p, from: Math.expm1 }, // counts
  root: { to: Math.sqrt, from: (x) => x * x }, // shares that are nearly always small
  line: { to: (x) => x, from: (x) => x },
};

/** How values of a rule's signal lie along the chart: nearly all of the sample's, and the run's thresholds. */
function scaleOf(sample, rule, signal) {
  const kind = signal.whole ? "log" : rule.keep_if === "<=" && signal.low !== null ? "root" : "line", curve = CURVES[kind];
  const least = signal.low ?? -Infinity;
  const { values, which, distinct } = sample.columns.get(rule.signal);
  const times = new Uint32Array(distinct + 1);
  for (const k of which) times[k]++;
  const ends = [rule.run.low, rule.run.high].filter((end) => end !== null);
  const known = which.length - times[distinct];
  const quantile = (share) => {
    let seen = 0;
    for (let k = 0; k < distinct; k++) if ((seen += times[k]) >= share * known) return values[k] / QUANTUM;
    return signal.low ?? 0;
  };
  const span = [quantile(0.005), quantile(0.995), ...ends].map((v) => curve.to(Math.max(v, least)));
  let low = Math.min(...span), high = Math.max(...span);
  const room = (high - low) * 0.1 || 0.5;
  low = Math.max(curve.to(least), low - room);
  high = Math.min(curve.to(signal.high ?? Infinity), high + room);
  const scale = {
    place: (v) => Math.min(1, Math.max(0, (curve.to(Math.max(v, least)) - low) / (high - low))),
    value: (place) => curve.from(low + place * (high - low)),
    whole: signal.whole,
    even: kind === "line",
  };
  scale.edges = edgesOf(scale);
  scale.bins = Uint8Array.from(values, (v, k) => (k < distinct ? binOf(scale.edges, v / QUANTUM) : 255));
  scale.ticks = ticksOf(scale);
  scale.spots = scale.edges.map((edge) => Number((1000 * scale.place(edge)).toFixed(1)));
  return scale;
}

function edgesOf(scale) {
  const even = Array.from({ length: BINS + 1 }, (_, i) => scale.value(i / BINS));
  if (!scale.whole) return even;
  const whole = even.map((v) => Math.floor(v + 1e-9));
  const edges = [...new Set(whole)], last = edges[edges.length - 1];
  if (edges.length < 2 || scale.place(last) < 1 - 0.5 / BINS) edges.push(last + 1);
  return edges;
}

/** The bin of a value; what lies outside is in the first or the last. */
function binOf(edges, value) {
  let low = 0, high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle] <= value + 1e-9) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A value that people would write, near a slider's place (0 to PLACES). */
function niceValue(scale, place) {
  const value = scale.value(place / PLACES);
  const step = Math.abs(scale.value((place + 2) / PLACES) - value) || 1e-6;
  const power = Math.max(scale.whole ? 0 : -6, Math.floor(Math.log10(step)));
  return Number((Math.round(value / 10 ** power) * 10 ** power).toFixed(Math.max(0, -power)));
}

/** The next value from here, `by` places up or down: a key press always moves it. */
function stepped(scale, value, by) {
  let place = Math.round(scale.place(value) * PLACES), found = value;
  while (found === value || Math.sign(found - value) !== Math.sign(by)) {
    place += by;
    if (place < 0 || place > PLACES) return niceValue(scale, place < 0 ? 0 : PLACES);
    found = niceValue(scale, place);
  }
  return found;
}

/** Round values along a scale, far enough from each other to be read: what is written, and where. */
function ticksOf(scale) {
  const low = scale.value(0), high = scale.value(1), candidates = [0];
  for (let power = -4; power < 9; power++) for (const digit of [1, 2, 3, 5]) candidates.push(digit * 10 ** power);
  const step = candidates.find((c) => c >= (high - low) / 5);
  if (scale.even) for (candidates.length = 0; candidates.length < 20;) candidates.push((Math.ceil(low / step - 1e-9) + candidates.length) * step);
  const ticks = [];
  for (const value of candidates.filter((c) => c >= low - 1e-9 && c <= high + 1e-9 && (!scale.whole || c >= 1 || c === 0))) {
    const at = scale.place(value);
    if (!ticks.length || at - ticks[ticks.length - 1][1] >= 0.13) ticks.push([short(value), at]);
  }
  return ticks;
}

/** What every column of a chart holds (documents, as many as the sample's stand for), its height; the trusted outline. */
function totalsOf(sample, rule, scale) {
  const { which } = sample.columns.get(rule.signal);
  const totals = new Float64Array(scale.edges.length), trusted = new Float64Array(scale.edges.length);
  for (let i = 0; i < sample.size; i++) {
    const bin = scale.bins[which[i]];
    if (bin < 255) totals[bin] += sample.weights[i];
  }
  for (let i = sample.size; i < which.length; i++) if (scale.bins[which[i]] < 255) trusted[scale.bins[which[i]]]++;
  const most = Math.max(...totals, 1e-9), mostTrusted = Math.max(...trusted);
  let outline = mostTrusted ? "M0 100" : "";
  for (let bin = 0; mostTrusted && bin < scale.edges.length - 1; bin++) {
    outline += `V${(100 - 96 * Math.sqrt(trusted[bin] / mostTrusted)).toFixed(1)}H${scale.spots[bin + 1]}`;
  }
  const heights = totals.map((total) => (total ? Math.max(1.2, 96 * Math.sqrt(total / most)) : 0));
  return { totals, heights, outline: mostTrusted ? outline + "V100" : "" };
}

/**
 * Paths of a chart 1000 wide and 100 tall: columns of what is kept, upon them of what is dropped, the outline of
 * trusted text, and the ground that the rule drops. Heights grow with the square root, so that rare values are seen.
 */
function pathsOf(sample, rule, scale, sums, dropped) {
  const { which } = sample.columns.get(rule.signal);
  const lost = new Float64Array(scale.edges.length);
  for (let i = 0; i < sample.size; i++) {
    if (!dropped[i]) continue;
    const bin = scale.bins[which[i]];
    if (bin < 255) lost[bin] += sample.weights[i];
  }
  let kept = "", out = "";
  for (let bin = 0; bin < scale.edges.length - 1; bin++) {
    const tall = sums.heights[bin], from = scale.spots[bin], wide = Math.max(1, scale.spots[bin + 1] - from - 2).toFixed(1);
    if (!tall) continue;
    const share = Math.min(1, lost[bin] / sums.totals[bin]), split = (100 - tall * (1 - share)).toFixed(1);
    if (share < 1) kept += `M${from} 100V${split}h${wide}V100z`;
    if (share) out += `M${from} ${split}V${(100 - tall).toFixed(1)}h${wide}V${split}z`;
  }
  return { kept, dropped: out, trusted: sums.outline, ground: groundOf(rule, scale) };
}

function groundOf(rule, scale) {
  if (!rule.on) return "";
  let ground = "";
  if (rule.low !== null) ground += `M0 0H${(1000 * scale.place(rule.low)).toFixed(1)}V100H0z`;
  if (rule.high !== null) {
    const next = scale.whole ? rule.high + 1 : rule.high; // a count that is the threshold is kept
    ground += `M1000 0H${(1000 * scale.place(next)).toFixed(1)}V100H1000z`;
  }
  return ground;
}
