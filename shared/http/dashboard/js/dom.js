// Elements. Whatever the server has said becomes textContent, nothing else; names of attributes stand in our code.

const SVG = "http://www.w3.org/2000/svg";
// What has no shape of its own, or turns what stands beside it around, is shown by its number.
const UNSEEN = new RegExp([
  "[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u115f\\u1160\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f]",
  "[\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]", "[\\u{e0000}-\\u{e007f}]",
].join("|"), "gu");
// Attributes that could run or load something. An href leads to another page of ours, and nowhere else.
const REFUSED = /^(?:on|style$|src|action$|formaction$|xlink)/i;
const OUR_PAGE = /^#\/[\w/%.~?&=+:*!'(),;@$-]*$/;

export function visible(text) {
  return String(text).replace(UNSEEN, (one) => (
    `[U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`
  ));
}

function dress(node, content, attributes) {
  if (Array.isArray(content)) node.append(...content.filter((part) => part !== null));
  else node.textContent = visible(content);
  for (const [name, value] of Object.entries(attributes)) {
    if (REFUSED.test(name) || (name === "href" && !OUR_PAGE.test(value))) throw new Error(`refused attribute: ${name}`);
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, name === "value" ? value : visible(value));
  }
  return node;
}

// Make an element. Content is a text, or a list of nodes, of which null counts as none; an attribute that is false or
// null is left out, and one that is true is empty.
export function make(name, content = "", attributes = {}) {
  return dress(document.createElement(name), content, attributes);
}

// The same for SVG.
export function draw(name, content = [], attributes = {}) {
  return dress(document.createElementNS(SVG, name), content, attributes);
}

export function $(id) {
  return document.getElementById(id);
}

// Live regions are read out when they are written to: only news are written.
export function say(region, text) {
  const node = typeof region === "string" ? $(region) : region;
  if (node.textContent !== visible(text)) node.textContent = visible(text);
}

export function button(text, act, attributes = {}) {
  const node = make("button", text, { type: "button", ...attributes });
  node.addEventListener("click", act);
  return node;
}

// A control with its label above it.
export function field(text, control, attributes = {}) {
  return make("label", [make("span", text), control], { class: "field", ...attributes });
}

export function pairs(list, attributes = {}) {
  return make("dl", list.map(([term, value]) => [make("dt", term), make("dd", value)]).flat(), attributes);
}

export function stateOf(state) {
  return make("span", state ?? "unknown", { class: "state", "data-state": state ?? "" });
}

// Show items in a list whose nodes stay as long as what they show does; so focus, scrolling and pictures stay too.
// Args: the list, the items, `name(item)`, `draw(item)`.
export function keep(list, items, name, drawItem) {
  const known = list.known ?? new Map();
  const had = [...known.values()].find(({ node }) => node.contains(document.activeElement));
  const spot = had ? focusable(had.node).indexOf(document.activeElement) : -1;
  list.known = new Map(items.map((item) => {
    const old = known.get(name(item)), mark = JSON.stringify(item);
    return [name(item), old?.mark === mark ? old : { mark, node: drawItem(item), name: name(item) }];
  }));
  const nodes = [...list.known.values()].map(({ node }) => node);
  if (nodes.length === list.children.length && nodes.every((node, at) => node === list.children[at])) return;
  const wanted = new Set(nodes);
  [...list.children].filter((node) => !wanted.has(node)).forEach((node) => node.remove());
  nodes.forEach((node, at) => { // what is in its place is not moved, which would take the focus away
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
  if (!had || had.node.contains(document.activeElement)) return;
  focusable(list.known.get(had.name)?.node)[spot]?.focus();
}

function focusable(node) {
  return node ? [node, ...node.querySelectorAll("a, button, input, select, [tabindex]")] : [];
}
