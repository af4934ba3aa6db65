// What the numbers of a report say, in words and as small plots. The limits are those of the analyzers.
import { make } from "./dom.js";
import { percent } from "./format.js";
import { figure, gauge, share } from "./plots.js";
import { brief, finite } from "./values.js";

// shared/analysis/analyzers/quality.py has the same numbers, and the reasons for them.
export const LIMITS = { blurred: 0.5, dark: 0.23, bright: 0.87, low_contrast: 0.115 };
// A contrast from which on there is little between black and white.
const HARD = 0.6;
// Shares of pixels from which on lost shadows or lights are seen.
const SOME = 0.01, MUCH = 0.1;
// Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003, table 2.
const COLOURFUL = [[109, "extremely colourful"], [82, "highly colourful"], [59, "quite colourful"],
  [45, "averagely colourful"], [33, "moderately colourful"], [15, "slightly colourful"], [0, "not colourful"]];

const NAMES = { download_ms: "download", decode_ms: "decode", analyze_ms: "analyse", total_ms: "total" };

function measure(term, value, word, options) {
  const words = word === null ? brief(value) : `${brief(value)}, ${word}`;
  return figure(term, words, gauge(value, { sentence: `${term}: ${words}`, ...options }));
}

function blur(value) {
  if (finite(value) === null) return measure("Blur", value, "not measurable", {});
  return measure("Blur", value, value > LIMITS.blurred ? "blurred" : "sharp", { zones: [[LIMITS.blurred, 1]] });
}

function brightness(value) {
  const known = finite(value), word = known < LIMITS.dark ? "dark" : known > LIMITS.bright ? "bright" : "balanced";
  return measure("Brightness", value, known === null ? null : word, {
    zones: [[0, LIMITS.dark], [LIMITS.bright, 1]],
  });
}

function contrast(value) {
  const known = finite(value), word = known < LIMITS.low_contrast ? "low" : known > HARD ? "hard" : "normal";
  return measure("Contrast", value, known === null ? null : word, { zones: [[0, LIMITS.low_contrast]] });
}

function clipped(term, value) {
  const known = finite(value), word = known < SOME ? "hardly any" : known < MUCH ? "some" : "much";
  const words = known === null ? "unknown" : `${percent(known)}, ${word}`;
  return figure(term, words, share(known, { sentence: `${term}: ${words}`, kind: known >= MUCH ? "bad" : "" }));
}

function quality(section) {
  const entropy = finite(section.entropy_bits);
  return [
    blur(section.blur), brightness(section.brightness), contrast(section.contrast),
    clipped("Lost shadows", section.shadow_clip), clipped("Lost lights", section.highlight_clip),
    measure("Entropy", section.entropy_bits, entropy === null ? null : "of 8 bits", { high: 8 }),
  ];
}

function color(section) {
  const value = finite(section.colorfulness);
  if (value === null) return [];
  const [, word] = COLOURFUL.find(([least]) => value >= least) ?? COLOURFUL.at(-1);
  const words = `${brief(value)}, ${word}`;
  return [["colourfulness", [
    make("span", words), gauge(value, { sentence: `Colourfulness: ${words}`, high: 120 }),
  ]]];
}

function timing(section) {
  const entries = Object.entries(section).slice(0, 40), known = entries.map(([, value]) => finite(value) ?? 0);
  const longest = Math.max(...known, 0);
  return entries.map(([name, value]) => {
    const term = Object.hasOwn(NAMES, name) ? NAMES[name] : name.replaceAll("_", " "), number = finite(value);
    const words = number === null ? brief(value) : `${brief(number)} ms`;
    return figure(term, words, share(longest > 0 ? (number ?? 0) / longest : 0, { sentence: `${term}: ${words}` }));
  });
}

export const judgements = { quality, color, timing };
