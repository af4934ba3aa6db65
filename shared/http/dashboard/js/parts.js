// Parts that the pages of one thing and the overview are made of: facts, folds, tables, texts to copy.
import { button, make, pairs, visible } from "./dom.js";
import { moment } from "./format.js";
import { json, text } from "./values.js";

const EDGE = 10;
const MOMENT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;
const day = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" };
const short = new Intl.DateTimeFormat(undefined, day);
const long = new Intl.DateTimeFormat(undefined, { ...day, year: "numeric" });

export const ENDED = new Set(["COMPLETED", "FAILED", "CANCELED"]);

// Terms and what they are: [[term, text or nodes], …]. Null leaves its pair out.
export function facts(entries) {
  return pairs(entries.filter(([, value]) => value !== null && value !== undefined), { class: "facts" });
}

export function chips(entries) {
  return make("ul", entries.map(([kind, text]) => make("li", text, { class: `chip ${kind}` })), { class: "row chips" });
}

// When the service counted what stands above: it counts once a minute.
export function countedAt(value) {
  return make("p", [make("span", "Counted at "), moment(value)], { class: "faint small" });
}

// A moment in one short line of a table; nothing for what is none. Its title has all of it.
export function when(value) {
  if (text(value) === null) return null;
  const node = moment(value), at = new Date(value);
  if (node.tagName !== "TIME") return [node];
  node.title = `${node.textContent}, ${node.title}`;
  node.textContent = (at.getFullYear() === new Date(Date.now()).getFullYear() ? short : long).format(at);
  return [node];
}

// A sentence of the API, its moments in the viewer's zone.
export function timed(sentence) {
  return sentence.split(MOMENT).map((part) => (MOMENT.test(part) ? moment(part) : visible(part)));
}

// A name that may be broken behind a slash.
export function path(name) {
  return name.split(/(?<=\/)/).flatMap((part) => [visible(part), make("wbr")]).slice(0, -1);
}

// What is there for whoever opens it. It is drawn only then.
export function later(title, draw) {
  const place = make("div"), node = make("details", [make("summary", title), place], { class: "fold" });
  node.addEventListener("toggle", () => {
    if (node.open && place.children.length === 0) place.append(draw());
  });
  return node;
}

export function fold(title, value) {
  return later(title, () => make("pre", json(value), { tabindex: "0", role: "region", "aria-label": title }));
}

// A text by its two ends; whole if that is hardly longer.
export function middle(text, edge = EDGE) {
  const letters = [...text];
  return letters.length <= 2 * edge + 1 ? text : `${letters.slice(0, edge).join("")}…${letters.slice(-edge).join("")}`;
}

// A long text by its two ends, with a button that copies all of it. Where there is no clipboard, all of it is shown.
// Args: the text, what it is, how many letters of each end are shown.
export function copyable(text, what, edge = EDGE) {
  return withCopy(make("code", middle(text, edge), { title: text }), text, what);
}

function withCopy(shown, text, what) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      node.lastElementChild.textContent = "Copied";
    } catch {
      shown.textContent = visible(text);
      node.lastElementChild.remove();
    }
  };
  const node = make("span", [shown, button("Copy", copy, { class: "quiet tiny", "aria-label": `Copy ${what}` })], {
    class: "copyable",
  });
  return node;
}

// The command that mends something, whole, to be copied. A line ends between its words and not within one.
export function mending(command) {
  const parts = command.split(" ").flatMap((word) => [make("span", word, { class: "word" }), " "]);
  const whole = withCopy(make("code", parts.slice(0, -1)), command, "the command");
  return make("div", [make("span", "What helps: ", { class: "faint" }), whole]);
}

// A table with its name. Each cell says its column, so that a row can be a card on a phone; the roles stay as they are
// where a style shows it as something else.
export function table(caption, heads, rows, attributes = {}) {
  return frame(caption, heads, make("tbody", rows.map((cells) => row(heads, cells))), attributes);
}

// The same around rows that come later. It can be scrolled where it is wide, also by the keyboard.
export function frame(caption, heads, body, attributes = {}) {
  const titles = heads.map((name) => make("th", name, { scope: "col", role: "columnheader" }));
  const head = make("tr", titles, { role: "row" });
  body.setAttribute("role", "rowgroup");
  const parts = [make("caption", caption), make("thead", [head], { role: "rowgroup" }), body];
  return make("div", [make("table", parts, { class: "stacks", role: "table", ...attributes })], {
    class: "wide", tabindex: "0", role: "region", "aria-label": caption,
  });
}

// One row: each cell is a text, a list of nodes, or null.
export function row(heads, cells) {
  const columns = cells.map((cell, at) => make("td", cell ?? "", { "data-head": heads[at], role: "cell" }));
  return make("tr", columns, { role: "row" });
}

// A part of a page, with its title as its name.
export function section(title, children, attributes = {}) {
  return make("section", [make("h2", title), ...children], { class: "part", "aria-label": title, ...attributes });
}

export function card(title, children, attributes = {}) {
  return make("section", [make("h3", title), ...children], { class: "card", "aria-label": title, ...attributes });
}

export function sentence(text, kind = "faint") {
  return make("p", text, { class: kind });
}
