// Filters of a list: a form whose values stand in the hash, so that a view can be shared, and the way back leads to it.
import { button, field, make } from "./dom.js";
import { note } from "./router.js";

const TYPING_MS = 300;

// Args: fields: `{ name, label, kind: "select" | "search" | "text" | "datetime-local", options: [[value, text]] }`.
//       params: of the hash. change(params): called with the filters that are set whenever they change.
// Returns `{ node, params(), offer(name, values), clear() }`.
export function filterForm({ fields, params, change }) {
  const controls = new Map(fields.map((one) => [one.name, control(one, params[one.name] ?? "")]));
  const reset = button("Clear filters", () => clear(), { class: "quiet" });
  const labels = fields.map((one) => field(one.label, controls.get(one.name), { class: `field ${one.kind}` }));
  const node = make("form", [...labels, reset], { class: "filters", role: "search" });
  let timer = null;

  function values() {
    const all = [...controls].map(([name, { value, type }]) => [name, toParam(value.trim(), type)]);
    return Object.fromEntries(all.filter(([, value]) => value !== ""));
  }

  function apply(replace) {
    clearTimeout(timer);
    const given = values();
    reset.hidden = Object.keys(given).length === 0;
    note(given, { replace });
    change(given);
  }

  function clear() {
    controls.forEach((one) => { one.value = ""; });
    controls.values().next().value.focus();
    apply(false);
  }

  node.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(false);
  });
  node.addEventListener("input", ({ target }) => {
    if (target.tagName === "SELECT") return;
    clearTimeout(timer);
    timer = setTimeout(() => apply(true), TYPING_MS);
  });
  node.addEventListener("change", ({ target }) => { if (target.tagName === "SELECT") apply(false); });
  reset.hidden = Object.keys(values()).length === 0;
  return { node, params: values, offer: (name, more) => offer(controls.get(name), more), clear };
}

function control({ name, kind, options = [] }, value) {
  if (kind === "select") {
    const node = make("select", [make("option", "any", { value: "" })], { name });
    options.forEach(([one, text]) => node.append(make("option", text, { value: one })));
    offer(node, [value]);
    node.value = value;
    return node;
  }
  const node = make("input", "", { name, type: kind, autocomplete: "off", spellcheck: "false", maxlength: "1024" });
  if (kind === "datetime-local") node.step = "1";
  node.value = kind === "datetime-local" ? toField(value) : value;
  return node;
}

// Add what can be chosen, such as what an item that was seen has.
function offer(node, values) {
  const known = new Set([...node.options].map((option) => option.value));
  values.filter((value) => !known.has(value)).forEach((value) => node.append(make("option", value, { value })));
}

// A moment is UTC in the address, and in the viewer's zone in its field.
function toParam(value, type) {
  if (type !== "datetime-local" || value === "") return value;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().replace(".000Z", "Z");
}

function toField(value) {
  const at = new Date(value);
  if (value === "" || Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
