"use strict";
// What ginbon/filters/rules.evaluate decides, and estimates for all documents from those of the sample.

const QUANTUM = 1e6; // values and thresholds are compared as whole millionths
const SURE = 1.96; // 95 % of samples are within so many standard errors

/** Whole millionths of a threshold; half-way ones to even, as Python's round. */
function millionths(value) {
  const scaled = value * QUANTUM, below = Math.floor(scaled);
  return scaled - below === 0.5 ? 2 * Math.round(scaled / 2) : Math.round(scaled);
}

/** The sample of a language as ginbon/report/tune_packing.py packed it. */
async function unpack(language) {
  const packed = Uint8Array.from(atob(language.data), (c) => c.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(plain).arrayBuffer());
  let at = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const excerpts = new Map();
  for (const [row, id, source, text, clipped] of JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)))) {
    excerpts.set(row, { id, source, text, clipped });
  }
  const size = language.sample, all = size + language.trusted;
  const number = () => {
    let value = 0, unit = 1;
    for (; bytes[at] > 127; at++, unit *= 128) value += (bytes[at] & 127) * unit;
    return value + bytes[at++] * unit;
  };
  const kept = bytes.slice(at, at + size);
  at += size;
  const words = Float64Array.from({ length: size }, number);
  const columns = new Map();
  for (const { signal, distinct, null: hasNull, first, unit } of language.columns) {
    const values = new Float64Array(distinct + 1);
    for (let i = 0; i < distinct; i++) values[i] = i ? values[i - 1] + number() * unit : first;
    values[distinct] = NaN; // a null: neither below nor above anything
    const width = distinct + (hasNull ? 1 : 0) <= 256 ? 1 : 2;
    const which = new Uint16Array(all);
    for (let i = 0; i < all; i++, at += width) which[i] = width === 1 ? bytes[at] : bytes[at] | (bytes[at + 1] << 8);
    columns.set(signal, { values, which, distinct });
  }
  const strata = language.strata.map(([documents, total], k) => {
    let drawn = 0, drawnWords = 0;
    for (let i = 0; i < size; i++) if (kept[i] === k) { drawn++; drawnWords += words[i]; }
    return {
      documents, words: total, drawn,
      perDocument: drawn ? documents / drawn : 0, // how many documents one of the sample stands for
      perWord: drawnWords ? total / drawnWords : 0,
    };
  });
  const weights = Float64Array.from(kept, (k) => strata[k].perDocument), none = new Uint8Array(all);
  return { language, size, trusted: language.trusted, kept, words, columns, strata, excerpts, weights, none };
}

/** For every document, 1 where the value is outside low to high (null: open). */
function outside(column, low, high) {
  const least = low === null ? -Infinity : millionths(low), most = high === null ? Infinity : millionths(high);
  const { values, which } = column, bad = new Uint8Array(values.length), found = new Uint8Array(which.length);
  for (let k = 0; k < values.length; k++) bad[k] = values[k] < least || values[k] > most ? 1 : 0;
  for (let i = 0; i < which.length; i++) found[i] = bad[which[i]];
  return found;
}

/** Which rules each document fails: by rule, and how many. */
function decide(sample, rules) {
  const all = sample.size + sample.trusted;
  const count = new Uint8Array(all), failed = [];
  for (const rule of rules) {
    const fails = rule.on ? outside(sample.columns.get(rule.signal), rule.low, rule.high) : sample.none;
    if (rule.on) for (let i = 0; i < all; i++) count[i] += fails[i];
    failed.push(fails);
  }
  return { count, failed };
}

/** How many documents of the language a rule drops, how many no other rule does, and how many trusted ones it drops. */
function effectOf(sample, { count, failed }, k) {
  const fails = failed[k];
  let drops = 0, alone = 0, trusted = 0;
  for (let i = 0; i < sample.size; i++) {
    if (!fails[i]) continue;
    drops += sample.weights[i];
    if (count[i] === 1) alone += sample.weights[i];
  }
  for (let i = sample.size; i < fails.length; i++) trusted += fails[i];
  return { drops, alone, trusted };
}

/**
 * Documents and words of the language for which `is(i)` holds, with half of the 95 % interval. Of a stratum that is
 * `certain`, none of the sample means none of all.
 */
function estimate(sample, is, certain = [true, true]) {
  let documents = 0, words = 0, spreadOfDocuments = 0, spreadOfWords = 0;
  sample.strata.forEach((stratum, k) => {
    if (!stratum.drawn) return;
    let hits = 0, hitWords = 0, allWords = 0, hitSquares = 0, allSquares = 0;
    for (let i = 0; i < sample.size; i++) {
      if (sample.kept[i] !== k) continue;
      const w = sample.words[i];
      allWords += w;
      allSquares += w * w;
      if (is(i)) { hits++; hitWords += w; hitSquares += w * w; }
    }
    documents += stratum.perDocument * hits;
    words += stratum.perWord * hitWords;
    const unseen = 1 - stratum.drawn / stratum.documents, alike = hits === 0 || hits === stratum.drawn;
    if (unseen <= 0 || (alike && certain[k])) return;
    const share = (hits + 2) / (stratum.drawn + 4); // Agresti and Coull: none of few is not none of all
    const spread = share * (1 - share);
    spreadOfDocuments += (stratum.documents ** 2 * unseen * spread) / stratum.drawn;
    const ofWords = allWords ? hitWords / allWords : 0; // a ratio estimator, linearised
    const squares = alike ? allSquares * spread : hitSquares * (1 - 2 * ofWords) + allSquares * ofWords ** 2;
    spreadOfWords += stratum.perWord ** 2 * unseen * Math.max(0, squares);
  });
  const within = (spread) => SURE * Math.sqrt(spread);
  return { documents, words, documentsWithin: within(spreadOfDocuments), wordsWithin: within(spreadOfWords) };
}
