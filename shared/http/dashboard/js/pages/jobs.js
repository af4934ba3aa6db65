// Jobs, by filters that stand in the address; some or all of them can be redriven, canceled or deleted at once.
import { poll, query, read } from "../api.js";
import { button, keep, make, say, stateOf } from "../dom.js";
import { moment, number, percent } from "../format.js";
import { conditions, filterForm } from "../job_filters.js";
import { ENDED, frame, middle, row } from "../parts.js";
import { flagChips } from "../report.js";
import { link, note } from "../router.js";
import { finite, list, object, text, words } from "../values.js";

export const style = ["tables.css", "details.css"];

const HEADS = ["About", "State", "Attempts", "Added", "Ended", "Notes"];
const ROWS = 50;

export function open(root, params) {
  const page = new JobsPage(params);
  root.append(...page.nodes);
  page.start();
  return () => page.close();
}

class JobsPage {
  constructor(params) {
    Object.assign(this, { filters: conditions(params), cursor: params.cursor ?? null, following: null, jobs: null });
    this.body = make("tbody");
    this.empty = make("div", [], { class: "empty", hidden: true });
    this.bounded = make("p", "", { class: "faint", role: "status" });
    this.first = button("First page", () => this.turn(null), { disabled: true });
    this.next = button("Next page", () => this.turn(this.following), { disabled: true });
    this.form = filterForm(params, (given) => {
      this.filters = given;
      this.turn(null);
    });
    const table = frame("Jobs: live ones first, then the ended ones, the latest first", HEADS, this.body);
    const pages = make("div", [this.first, this.next], { class: "row" });
    this.nodes = [make("h1", "Jobs"), this.form.node, table, this.empty, this.bounded, pages];
  }

  start() {
    const path = () => `jobs${query({ ...this.filters, brief: "true", limit: ROWS, cursor: this.cursor })}`;
    this.jobs = poll(path, (page) => this.draw(page));
    const offer = (stats) => this.form.offer(Object.keys(object(stats.jobs) ?? {}));
    read("stats").then(offer, () => {}); // a type can be typed as well
  }

  close() {
    this.jobs.close();
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
    keep(this.body, items, (job) => job.id, line);
    this.empty.hidden = items.length > 0;
    this.empty.replaceChildren(nothing(Object.keys(this.filters).length > 0, this.following !== null));
    return items.some(({ state }) => !ENDED.has(state));
  }
}

function nothing(isFiltered, isMore) {
  if (isMore) return make("p", "No job here matches. There may be more.");
  return make("p", isFiltered ? "No job matches these filters." : "There are no jobs yet.");
}

function when(moments) {
  return text(moments) === null ? null : [moment(moments)];
}

function attempts(job) {
  const owner = text(job.owner), count = make("span", number(job.attempts));
  return owner === null ? [count] : [count, make("div", middle(owner), { class: "faint small", title: owner })];
}

function notes(job) {
  const flags = words(job.flags), code = text(job.error?.code), parts = [];
  if (code !== null) parts.push(make("div", code, { class: "bad", title: text(job.error.message) ?? "" }));
  return flags.length ? [...parts, flagChips(flags)] : parts;
}

function line(job) {
  const progress = finite(job.progress), name = text(job.ref) ?? job.id;
  return row(HEADS, [
    [
      link(name, "jobs", job.id, {}, { title: job.id, class: "about" }),
      make("div", text(job.type) ?? "", { class: "faint small" }),
    ],
    [stateOf(text(job.state)), progress === null || ENDED.has(job.state) ? null : make("div", percent(progress))],
    attempts(job), when(job.created_at), when(job.ended_at), notes(job),
  ]);
}
