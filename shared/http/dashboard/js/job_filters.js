// The filters of jobs: a form whose fields stand in the address, so that a view can be shared.
import { button, field, make } from "./dom.js";
import { FLAGS, flagText } from "./report.js";

const STATES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"];
const TIMES = new Set(["since", "until"]);

export const NAMES = ["type", "state", "error", "ref_prefix", "since", "until", "flag"];

// What the API is asked for: the filters among the parameters of an address, and nothing else of it.
export function conditions(params) {
  return Object.fromEntries(NAMES.filter((name) => params[name]).map((name) => [name, params[name]]));
}

// A moment of the address (UTC) as a field shows it, in the viewer's zone; empty for what is no moment.
export function localOf(moment) {
  const at = new Date(moment ?? NaN);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

export function momentOf(local) {
  const at = new Date(local === "" ? NaN : local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().replace(".000Z", "Z");
}

function select(name, values, textOf = (value) => value) {
  const options = values.map((one) => make("option", textOf(one), { value: one }));
  return make("select", [make("option", "all", { value: "" }), ...options], { name });
}

function input(name, attributes) {
  return make("input", "", { name, autocomplete: "off", ...attributes });
}

function controls() {
  return {
    type: ["Type", input("type", { list: "job-types", maxlength: "31", placeholder: "all" })],
    state: ["State", select("state", STATES)],
    error: ["Error code", input("error", { maxlength: "64", pattern: "[a-z0-9_.\\-]{1,64}", placeholder: "any" })],
    ref_prefix: ["About begins with", input("ref_prefix", { maxlength: "1088", placeholder: "container/folder/" })],
    since: ["Since", input("since", { type: "datetime-local", step: "1" })],
    until: ["Until, exclusive", input("until", { type: "datetime-local", step: "1" })],
    flag: ["Flag", select("flag", Object.keys(FLAGS), flagText)],
  };
}

function set(fields, params) {
  for (const name of NAMES) fields[name][1].value = TIMES.has(name) ? localOf(params[name]) : params[name] ?? "";
}

function get(fields) {
  return conditions(Object.fromEntries(NAMES.map((name) => {
    const { value } = fields[name][1];
    return [name, TIMES.has(name) ? momentOf(value) : value.trim()];
  })));
}

// The form. Args: the parameters of the address; `change(conditions)` is called when somebody has changed one.
// Returns its node, and `offer(types)`, which names types to choose from.
export function filterForm(params, change) {
  const types = make("datalist", [], { id: "job-types" }), fields = controls();
  const clear = button("Clear", () => {
    set(fields, {});
    change({});
  }, { class: "quiet" });
  const node = make("form", [...NAMES.map((name) => field(...fields[name])), clear, types], {
    class: "filters", role: "search", "aria-label": "Filters of jobs",
  });
  const send = (event) => {
    event.preventDefault();
    if (node.reportValidity()) change(get(fields));
  };
  for (const event of ["submit", "change"]) node.addEventListener(event, send);
  set(fields, params);
  return { node, offer: (names) => types.replaceChildren(...names.map((one) => make("option", "", { value: one }))) };
}
