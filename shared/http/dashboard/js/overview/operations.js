// What operators did last. The calls of one bulk operation are one row.
import { make } from "../dom.js";
import { number } from "../format.js";
import { fold, middle, sentence, table, when } from "../parts.js";
import { link } from "../router.js";
import { finite, isEmpty, list, object, text, words } from "../values.js";

const HEADS = ["When", "Who", "What", "About", "Selected by", "Result"];
const SOME = 3;
const JOB = /^[a-z][a-z0-9-]{0,30}-[0-9a-f]{32}$/;

// Put the calls of one operation together; the newest stands for its place in the list.
export function grouped(items) {
  const groups = new Map();
  items.forEach((one, at) => {
    const key = text(one.operation) === null ? `#${at}` : `${one.operation} ${one.action}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  });
  return [...groups.values()];
}

function resultOf(calls) {
  const open = calls.filter(({ result }) => object(result) === null).length, codes = new Map();
  const total = (name) => calls.reduce((all, { result }) => all + (finite(result?.[name]) ?? 0), 0);
  for (const { result } of calls) {
    for (const [code, count] of Object.entries(object(result?.codes) ?? {})) {
      codes.set(code, (codes.get(code) ?? 0) + (finite(count) ?? 0));
    }
  }
  const parts = ["done", "refused", "unknown"].map((name) => [name, total(name)]).filter(([, count]) => count > 0);
  const said = parts.map(([name, count]) => `${number(count)} ${name}`);
  if (open > 0) said.push(open === calls.length ? "no result is known" : `${number(open)} calls without a result`);
  const reasons = [...codes].map(([code, count]) => `${code} ${number(count)}`).join(", ");
  return said.join(", ") + (reasons ? ` (${reasons})` : "");
}

// A job leads to its page, also if it is not there any more; a rejected message has none.
function named(id) {
  return JOB.test(id) ? link(middle(id), "jobs", id, {}, { title: id }) : make("span", middle(id), { title: id });
}

function about(calls) {
  const count = calls.reduce((all, one) => all + (finite(one.ids) ?? 0), 0);
  const ids = [...new Set(calls.flatMap((one) => words(one.first_ids)))];
  const parts = [make("div", `${number(count)} in all`)];
  for (const id of ids.slice(0, SOME)) parts.push(make("div", [named(id)]));
  if (ids.length > SOME || count > ids.length) parts.push(make("div", "…", { class: "faint" }));
  return parts;
}

function row(calls) {
  const [one] = calls;
  return [
    when(one.at), [make("div", text(one.who) ?? "–"), make("div", text(one.role) ?? "", { class: "faint" })],
    text(one.action) ?? "–", about(calls), isEmpty(one.filter) ? "–" : [fold("Filter", one.filter)], resultOf(calls),
  ];
}

export function operations(value) {
  const items = list(value.items).filter((one) => object(one) !== null);
  if (items.length === 0) return [sentence("No operator has done anything yet.", "empty")];
  return [table("What operators did, the newest first", HEADS, grouped(items).map(row))];
}
