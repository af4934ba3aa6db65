// Jobs, by filters that stand in the address; some or all of them can be redriven, canceled or deleted at once.
import { call, poll, query, read } from "../api.js";
import { bulk } from "../bulk.js";
import { button, keep, make, say, stateOf } from "../dom.js";
import { filterForm } from "../filters.js";
import { number, percent } from "../format.js";
import { ENDED, frame, middle, path, row, when } from "../parts.js";
import { FLAGS, flagChips } from "../report.js";
import { link, note } from "../router.js";
import { finite, list, object, text, words } from "../values.js";

export const style = ["tables.css", "details.css"];

const HEADS = ["Select", "About", "State", "Attempts", "Added", "Ended", "Notes"];
const ROWS = 50, LARGEST = 200;
const STATES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"];
const FIELDS = [
  { name: "ref_prefix", label: "About begins with", kind: "search" }, { name: "type", label: "Type", kind: "select" },
  { name: "state", label: "State", kind: "select", options: STATES.map((state) => [state, state.toLowerCase()]) },
  { name: "error", label: "Error code", kind: "text" },
  { name: "flag", label: "Flag", kind: "select", options: Object.entries(FLAGS) },
  { name: "since", label: "Since", kind: "datetime-local" },
  { name: "until", label: "Until, exclusive", kind: "datetime-local" },
];
const NAMES = FIELDS.map(({ name }) => name);

export function open(root, params) {
  const page = new JobsPage(params);
  root.append(...page.nodes);
  page.start();
  return () => page.close();
}

// What is asked of GET /jobs for some parameters of an address.
export function listing(filters, limit, cursor) {
  return `jobs${query({ ...filters, brief: true, limit, cursor })}`;
}

function conditions(params) {
  return Object.fromEntries(NAMES.filter((name) => params[name]).map((name) => [name, params[name]]));
}

class JobsPage {
  constructor(params) {
    Object.assign(this, { filters: conditions(params), cursor: params.cursor ?? null, following: null, jobs: null });
    this.body = make("tbody");
    this.empty = make("div", [], { class: "empty", hidden: true });
    this.bounded = make("p", "", { class: "faint", role: "status" });
    this.first = button("First page", () => this.turn(null), { disabled: true });
    this.next = button("Next page", () => this.turn(this.following), { disabled: true });
    this.form = filterForm({ fields: FIELDS, params: this.filters, change: (given) => this.change(given) });
    this.bulk = bulk({
      path: "jobs/actions", actions: ["redrive", "cancel", "delete"], noun: ["job", "jobs"],
      filter: () => this.filters, pages: (signal) => this.pages(signal), done: () => this.jobs.now(),
    });
    this.table = frame("Jobs: live ones first, then the ended ones, the latest first", HEADS, this.body);
    const pages = make("div", [this.first, this.next], { class: "row" });
    const head = make("header", [make("h1", "Jobs")], { class: "head" });
    this.nodes = [head, this.form.node, this.bulk.node, this.table, this.empty, this.bounded, pages];
  }

  start() {
    this.jobs = poll(() => listing(this.filters, ROWS, this.cursor), (page) => this.draw(page));
    const offer = (stats) => this.form.offer("type", Object.keys(object(stats.jobs) ?? {}));
    read("stats").then(offer, () => {}); // without them, the types of the jobs that are shown can be chosen
  }

  close() {
    this.jobs.close();
    this.bulk.close();
  }

  change(filters) {
    this.filters = filters;
    this.bulk.clear();
    this.turn(null);
  }

  // Every view has its own address: another filter, another page.
  turn(cursor) {
    this.cursor = cursor;
    note({ ...this.filters, cursor });
    this.first.disabled = true;
    this.next.disabled = true;
    this.jobs.now();
  }

  draw(page) {
    const items = list(page.items).filter((one) => text(one?.id) !== null), isCut = page.complete === false;
    this.following = text(page.cursor);
    this.first.disabled = this.cursor === null;
    this.next.disabled = this.following === null;
    this.next.textContent = isCut ? "Search on" : "Next page";
    say(this.bounded, isCut ? "The search stopped at its limit of rows. It can go on from here." : "");
    keep(this.body, items, (job) => job.id, (job) => line(job, this.bulk.box(job)));
    this.bulk.list(items);
    this.form.offer("type", [...new Set(words(items.map(({ type }) => type)))]);
    this.table.hidden = items.length === 0;
    this.empty.hidden = items.length > 0;
    this.empty.replaceChildren(nothing(Object.keys(this.filters).length > 0, this.following !== null));
    return items.some(({ state }) => !ENDED.has(state));
  }

  // All jobs that match, for a selection.
  async* pages(signal) {
    let cursor = null;
    do {
      const page = await (await call(listing(this.filters, LARGEST, cursor), { signal })).json();
      yield page.items;
      cursor = page.cursor;
    } while (cursor !== null);
  }
}

function nothing(isFiltered, isMore) {
  if (isMore) return make("p", "No job here matches. There may be more.");
  return make("p", isFiltered ? "No job matches these filters." : "There are no jobs yet.");
}

function attempts(job) {
  const owner = text(job.owner), count = make("span", number(job.attempts));
  if (owner === null) return [count];
  return [count, make("div", middle(owner), { class: "faint small one-line", title: owner })];
}

function notes(job) {
  const flags = words(job.flags), code = text(job.error?.code), parts = [];
  if (code !== null) parts.push(make("div", code, { class: "bad", title: text(job.error.message) ?? "" }));
  return flags.length ? [...parts, flagChips(flags)] : parts;
}

function line(job, box) {
  const progress = finite(job.progress), name = text(job.ref) ?? job.id;
  return row(HEADS, [
    [box],
    [
      link(path(name), "jobs", job.id, {}, { title: job.id, class: "about" }),
      make("div", text(job.type) ?? "", { class: "faint small" }),
    ],
    [stateOf(text(job.state)), progress === null || ENDED.has(job.state) ? null : make("div", percent(progress))],
    attempts(job), when(job.created_at), when(job.ended_at), notes(job),
  ]);
}
