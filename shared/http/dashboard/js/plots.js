// Small plots, built as SVG node by node. Each is one image to a screen reader, with a sentence in place of it.
// Colours come from the style by class, sizes by attribute: the policy of the page allows no inline style.
import { draw, make } from "./dom.js";
import { finite } from "./values.js";

function plot(width, height, sentence, children, kind) {
  return draw("svg", [draw("title", sentence), ...children], {
    viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: `plot ${kind}`, role: "img",
    "aria-label": sentence,
  });
}

function shape(name, attributes) {
  return draw(name, [], attributes);
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

// Where a value stands on a scale. `zones` are parts of the scale that mean trouble: [[from, to], …].
export function gauge(value, { sentence, low = 0, high = 1, zones = [] }) {
  const known = finite(value), across = (one) => 100 * clamp((one - low) / (high - low), 0, 1);
  const parts = [shape("rect", { x: 0, y: 3, width: 100, height: 4, class: "scale" })];
  for (const [from, to] of zones) {
    const left = across(from);
    parts.push(shape("rect", { x: left, y: 3, width: Math.max(0, across(to) - left), height: 4, class: "zone" }));
  }
  if (known !== null) {
    const left = clamp(across(known) - 0.75, 0, 98.5);
    parts.push(shape("rect", { x: left, y: 0, width: 1.5, height: 10, class: "needle" }));
  }
  return plot(100, 10, sentence, parts, "gauge");
}

// How much of a whole something is: a bar that grows with its share.
export function share(value, { sentence, kind = "" }) {
  const known = clamp(finite(value) ?? 0, 0, 1);
  const parts = [shape("rect", { x: 0, y: 2, width: 100, height: 6, class: "scale" })];
  const bar = { x: 0, y: 2, width: Math.max(0.5, 100 * known), height: 6, class: `bar ${kind}` };
  if (known > 0) parts.push(shape("rect", bar));
  return plot(100, 10, sentence, parts, "share");
}

// Spans on one line of time: [{from, to, kind}], all numbers.
export function spans(list, { sentence, from, to }) {
  const length = to - from, across = (at) => (length > 0 ? 100 * clamp((at - from) / length, 0, 1) : 0);
  const parts = [shape("rect", { x: 0, y: 4, width: 100, height: 2, class: "scale" })];
  for (const one of list) {
    if (finite(one.from) === null || finite(one.to) === null) continue;
    const left = Math.min(across(one.from), 99);
    const width = Math.max(1, across(one.to) - left);
    parts.push(shape("rect", { x: left, y: 1, width, height: 8, class: `bar ${one.kind ?? ""}` }));
  }
  return plot(100, 10, sentence, parts, "spans");
}

// Columns that stand on each other: `rows` has one list of numbers a column, `kinds` a class for each number in it.
export function columns(rows, { sentence, kinds }) {
  const sums = rows.map((row) => row.reduce((sum, one) => sum + Math.max(0, finite(one) ?? 0), 0));
  const highest = Math.max(...sums, 0), wide = 100 / Math.max(1, rows.length);
  const parts = [shape("line", { x1: 0, y1: 40, x2: 100, y2: 40, class: "axis" })];
  rows.forEach((row, at) => {
    let base = 40;
    row.forEach((one, kind) => {
      const height = highest > 0 ? (38 * Math.max(0, finite(one) ?? 0)) / highest : 0;
      if (height === 0) return;
      base -= height;
      parts.push(shape("rect", {
        x: at * wide + wide * 0.1, y: base, width: wide * 0.8, height, class: `bar ${kinds[kind] ?? ""}`,
      }));
    });
  });
  return plot(100, 41, sentence, parts, "columns");
}

// Lines over the same steps; null leaves a gap, and a point between two gaps is a dot. `series` is [{values, kind}].
export function lines(series, { sentence }) {
  const all = series.flatMap(({ values }) => values.map(finite)).filter((one) => one !== null);
  const highest = Math.max(...all, 0), steps = Math.max(1, ...series.map(({ values }) => values.length));
  const place = (value, at) => [
    (100 * (at + 0.5)) / steps, highest > 0 ? 40 - (38 * Math.max(0, value)) / highest : 40,
  ];
  const parts = [shape("line", { x1: 0, y1: 40, x2: 100, y2: 40, class: "axis" })];
  for (const { values, kind } of series) {
    for (const piece of pieces(values.map(finite))) {
      const points = piece.map(([value, at]) => place(value, at));
      if (points.length === 1) points.push([points[0][0] + 0.6, points[0][1]]);
      const path = points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ");
      parts.push(shape("polyline", { points: path, class: `curve ${kind ?? ""}` }));
    }
  }
  return plot(100, 41, sentence, parts, "lines");
}

function pieces(values) {
  const list = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (at > 0 && values[at - 1] !== null) list.at(-1).push([value, at]);
    else list.push([[value, at]]);
  });
  return list;
}

// A plot with its words: what it is about, what it says, and the picture, which says the same.
export function figure(term, words, picture) {
  return make("div", [make("span", term, { class: "faint" }), make("span", words), picture], { class: "measure" });
}

// What the colours of a plot stand for: [[kind, text], …].
export function legend(entries) {
  return make("ul", entries.map(([kind, text]) => make("li", [
    make("span", "", { class: `swatch ${kind}`, "aria-hidden": "true" }), make("span", text),
  ])), { class: "legend" });
}
