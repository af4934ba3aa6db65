// One job: its state and why, its attempts on one line of time, and what was put in and came out.
import { actions } from "../actions.js";
import { jobPath, poll, read } from "../api.js";
import { make, say, stateOf } from "../dom.js";
import { cause, moment, number, percent } from "../format.js";
import { copyable, ENDED, facts, fold, mending, section, sentence, timed } from "../parts.js";
import { cards } from "../report.js";
import { link } from "../router.js";
import { timeline } from "../timeline.js";
import { finite, isEmpty, text } from "../values.js";

export const style = ["tables.css", "details.css"];

const TIMES = [
  ["added", "created_at"], ["started", "started_at"], ["ended", "ended_at"], ["not due before", "not_before"],
  ["lease until", "lease_until"], ["changed", "updated_at"],
];

export function open(root, { id }) {
  const page = new JobPage(id);
  root.append(...page.nodes);
  page.start();
  return () => page.close();
}

class JobPage {
  constructor(id) {
    Object.assign(this, { id, place: jobPath(id), version: null, isOpen: true, job: null, reasons: null });
    this.title = make("h1", "Job");
    this.state = make("div", "Loading…", { class: "row" });
    this.why = make("div", [], { role: "status" });
    this.trouble = make("p", "", { class: "notice bad", role: "alert" });
    this.parts = { facts: make("div"), attempts: make("div"), more: make("div", [], { class: "stack" }) };
    this.body = make("div", Object.values(this.parts), { class: "stack" });
    this.buttons = actions(id, { version: () => this.version, done: (act) => this.acted(act) });
    const head = make("header", [this.title, this.state], { class: "stack lead" });
    this.nodes = [head, this.why, this.buttons.node, this.trouble, this.body];
  }

  start() {
    this.job = poll(() => this.place, (job, response) => this.draw(job, response), (error) => {
      if (error.status === 404) this.empty();
      return error.status === 404;
    });
  }

  close() {
    this.isOpen = false;
    this.job.close();
    this.reasons?.close();
  }

  acted(act) {
    if (act === "delete") this.empty();
    else this.job.now();
  }

  empty() {
    this.close();
    this.buttons.allow(null);
    this.state.replaceChildren(sentence("This job is not there (any more)."), link("All jobs", "jobs"));
    [this.why, this.body].forEach((part) => part.replaceChildren());
  }

  draw(job, response) {
    const isLive = !ENDED.has(job.state);
    this.version = response.headers.get("ETag");
    say(this.title, text(job.ref) ?? this.id);
    document.title = `${this.title.textContent} – Darkroom`;
    this.state.replaceChildren(...stateLine(job));
    this.parts.facts.replaceChildren(section("Facts", [make("div", [facts(factsOf(job))], { class: "card double" })]));
    this.parts.more.replaceChildren(...more(job));
    this.buttons.allow(job.state);
    this.ask("history", ({ attempts }) => this.drawAttempts(job, attempts));
    this.explain(isLive);
    return isLive;
  }

  drawAttempts(job, attempts) {
    this.parts.attempts.replaceChildren(section("Attempts", [timeline(job, attempts, Date.now())]));
  }

  // Why a live job waits depends on the time as well, so it is asked for again; that of an ended one stays.
  explain(isLive) {
    const show = (value) => this.why.replaceChildren(...reason(value, isLive));
    if (!isLive) {
      this.reasons?.close();
      this.ask("why", show);
    } else if (this.reasons === null) this.reasons = poll(() => `${this.place}/why`, (value) => show(value) ?? false);
    else this.reasons.now();
  }

  async ask(what, show) {
    try {
      const value = await read(`${this.place}/${what}`);
      if (this.isOpen) show(value);
      say(this.trouble, "");
    } catch (error) {
      if (this.isOpen) say(this.trouble, error.message);
    }
  }
}

function stateLine(job) {
  const line = [stateOf(job.state), make("span", text(job.type) ?? "", { class: "chip" })];
  const name = text(job.image?.name), progress = finite(job.progress);
  if (name !== null) line.push(link("Its image", "images", null, { prefix: name }));
  if (progress !== null && !ENDED.has(job.state)) {
    line.push(make("progress", "", { value: progress, "aria-label": "Progress" }), make("span", percent(progress)));
  }
  return line;
}

// The sentence on an ended job names its cause already.
function reason({ why, cause: kind, mend }, isLive) {
  const parts = [make("p", timed(text(why) ?? "No reason is known."))];
  if (isLive && text(kind) !== null) parts.push(sentence(`Cause: ${kind.replaceAll("_", " ")}`));
  if (text(mend) !== null) parts.push(mending(mend));
  return [make("div", parts, { class: "card stack reason" })];
}

function factsOf(job) {
  return [
    ["id", [copyable(job.id, "the id", 24)]], ["attempts", number(job.attempts)], ["token", number(job.token)],
    ["owner", text(job.owner)],
    ...TIMES.map(([term, name]) => [term, text(job[name]) === null ? null : [moment(job[name])]]),
    ["error", job.error ? [make("span", cause(job.error), { class: "bad" })] : null],
    ["image version", text(job.image?.etag) === null ? null : [copyable(job.image.etag, "the version")]],
    ["trace", text(job.traceparent) === null ? null : [copyable(job.traceparent, "the trace", 24)]],
  ];
}

function more(job) {
  const parts = [];
  if (!isEmpty(job.report)) parts.push(section("Report", cards(job.report)));
  for (const [name, title] of [["result", "Result"], ["params", "Parameters"]]) {
    if (!isEmpty(job[name])) parts.push(fold(title, job[name]));
  }
  if (text(job.cursor) !== null) parts.push(fold("Cursor of the last attempt", job.cursor));
  return parts;
}
