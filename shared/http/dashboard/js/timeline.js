// The attempts at a job, as rows on one line of time: who worked when, under which token, and how it ended.
import { make } from "./dom.js";
import { cause, duration, number } from "./format.js";
import { sentence, table, when } from "./parts.js";
import { spans } from "./plots.js";
import { finite, list, object, text } from "./values.js";

const HEADS = ["Token", "Worker", "When", "On the line of time", "How it ended", "Late reports"];
const KINDS = { complete: "good", fail: "bad", bury: "bad", exhaust: "bad", lapsed: "bad" };
const ENDS = {
  complete: "completed", retry: "gave it back to try again", abandon: "gave it back: an outage, not counted",
  fail: "failed", cancel: "canceled", supersede: "a newer version of the image came",
  exhaust: "out of attempts or time",
  bury: "out of attempts", lapsed: "killed or hung: its lease lapsed",
};

function at(value) {
  const ms = Date.parse(text(value) ?? "");
  return Number.isNaN(ms) ? null : ms;
}

function ending(one, isLast, isLive) {
  const outcome = text(one.outcome);
  if (outcome === null) return isLast && isLive ? "under way" : "no end is recorded";
  return Object.hasOwn(ENDS, outcome) ? ENDS[outcome] : outcome;
}

function took(one, now) {
  const from = at(one.started_at), to = at(one.ended_at);
  if (from === null) return "–";
  if (to !== null) return duration(Math.max(0, to - from) / 1000);
  return `${duration(Math.floor(Math.max(0, now - from) / 1000))} so far`;
}

function span(one, now) {
  const begin = when(one.started_at) ?? [make("span", "–")], end = when(one.ended_at);
  const until = end === null ? [] : [make("span", " – "), ...end];
  return [...begin, ...until, make("div", took(one, now), { class: "faint" })];
}

function late(one) {
  const count = finite(one.refused) ?? 0;
  if (count === 0) return null;
  const last = [text(one.refused_report) ?? "?"];
  return [
    make("span", `${number(count)} refused, the last: ${last}`, { class: "warned" }),
    make("span", " "), ...(when(one.refused_at) ?? []),
  ];
}

function outcomeCell(one, words) {
  const lapsed = one.outcome === "lapsed", parts = [];
  if (lapsed) parts.push(make("span", "✕ ", { class: "bad", "aria-hidden": "true" }));
  parts.push(make("span", words, { class: lapsed ? "bad" : "" }));
  if (object(one.error) !== null) parts.push(make("div", cause(one.error), { class: "faint" }));
  return parts;
}

function limits(job, attempts, now) {
  const starts = [at(job.created_at), ...attempts.map((one) => at(one.started_at))].filter((one) => one !== null);
  const ends = attempts.map((one) => at(one.ended_at) ?? now);
  return { from: Math.min(...starts, now), to: Math.max(...ends, at(job.ended_at) ?? 0) };
}

// Takes the job and its attempts as the API has them; `now` in milliseconds is the end of what is under way.
export function timeline(job, attempts, now) {
  const known = list(attempts).filter((one) => object(one) !== null);
  if (known.length === 0) return sentence("No attempts yet.");
  const isLive = job.state === "RUNNING", range = limits(job, known, now);
  const rows = known.map((one, place) => {
    const words = ending(one, place === known.length - 1, isLive), kind = KINDS[one.outcome] ?? "busy";
    const said = `Attempt ${finite(one.token) ?? "?"}: ${took(one, now)}, ${words}`;
    const from = at(one.started_at), to = at(one.ended_at) ?? (isLive ? now : from);
    return [
      number(finite(one.token)), text(one.owner) ?? "–", span(one, now),
      [spans([{ from, to, kind }], { sentence: said, ...range })], outcomeCell(one, words), late(one),
    ];
  });
  return table("All attempts, the first one first", HEADS, rows);
}
