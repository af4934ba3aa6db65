// What ended in the last hours, and how long it took, as two plots and as a table.
import { make } from "../dom.js";
import { duration, number } from "../format.js";
import { later, sentence, table, when } from "../parts.js";
import { columns, legend, lines } from "../plots.js";
import { finite, list, object, text } from "../values.js";

const ENDS = ["completed", "failed", "canceled"], KINDS = ["good", "bad", "idle"];
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

function sum(points, name) {
  return points.reduce((total, one) => total + (finite(one[name]) ?? 0), 0);
}

function highest(points, name) {
  const known = points.map((one) => finite(one[name])).filter((one) => one !== null);
  return known.length ? Math.max(...known) : null;
}

function hour(value) {
  const at = new Date(text(value) ?? NaN);
  return Number.isNaN(at.getTime()) ? "" : clock.format(at);
}

function axis(points) {
  const middle = points[Math.floor(points.length / 2)];
  return make("div", [points[0], middle, points.at(-1)].map((one) => make("span", hour(one.from))), {
    class: "axis-labels faint small", "aria-hidden": "true",
  });
}

function plotted(title, most, picture, points, entries) {
  const head = make("div", [make("h3", title), make("span", most, { class: "faint small push" })], { class: "row" });
  return make("div", [head, picture, axis(points), legend(entries)], { class: "card stack" });
}

function throughput(points, step) {
  const sums = ENDS.map((name) => `${number(sum(points, name))} ${name}`);
  const most = Math.max(...points.map((one) => ENDS.reduce((total, name) => total + (finite(one[name]) ?? 0), 0)));
  const words = `At most ${number(most)} in ${duration(step)}`;
  const picture = columns(points.map((one) => ENDS.map((name) => one[name])), {
    sentence: `Jobs that ended: ${sums.join(", ")}. ${words}.`, kinds: KINDS,
  });
  return plotted("Jobs that ended", words, picture, points, ENDS.map((name, at) => [KINDS[at], sums[at]]));
}

function latency(points) {
  const p50 = highest(points, "p50_seconds"), p95 = highest(points, "p95_seconds");
  const words = p95 === null ? "Nothing completed" : `The longest p95 is ${duration(p95)}`;
  const median = p50 === null ? "" : `, the longest median ${duration(p50)}`;
  const picture = lines([
    { values: points.map((one) => one.p95_seconds), kind: "busy" },
    { values: points.map((one) => one.p50_seconds), kind: "good" },
  ], { sentence: `How long an attempt took that completed a job. ${words}${median}.` });
  return plotted("How long it took", words, picture, points, [["good", "median (p50)"], ["busy", "p95"]]);
}

function numbers(points) {
  const heads = ["From", "Completed", "Failed", "Canceled", "Median", "p95"];
  const rows = points.map((one) => [
    when(one.from), ...ENDS.map((name) => number(one[name])), duration(one.p50_seconds), duration(one.p95_seconds),
  ]);
  return table("Jobs that ended, and how long they took", heads, rows, { class: "stacks numbers" });
}

export function history(value) {
  const points = list(value.points).filter((one) => object(one) !== null);
  if (points.length === 0) return [sentence("Nothing ended in this time.", "empty")];
  const parts = [make("div", [throughput(points, value.step_seconds), latency(points)], { class: "plots" })];
  if (value.complete === false) parts.push(sentence("More jobs ended than are counted here: the oldest are missing."));
  return [...parts, later("These figures as a table", () => numbers(points))];
}
