// A small browser, as far as the page's script goes: elements by id, a clock and timers that a test moves, answers that
// a test gives. What the page must never touch is a trap. Reads the page's path from its arguments, then one scenario a
// line from stdin, a JSON text with the body of an async function of `page`; writes what it returned, a line each.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import vm from "node:vm";

const html = readFileSync(process.argv[2], "utf8");
const script = new vm.Script(`"use strict";${/<script\b[^>]*>([\s\S]*?)<\/script>/.exec(html)[1]}`);
const elements = [...html.replace(/<script[\s\S]*/, "").matchAll(/<(\w+)([^>]*\bid="([^"]+)"[^>]*)>/g)];

function trap(owner, ...names) {
  const touched = () => { throw new Error(`touched: ${names}`); };
  for (const name of names) Object.defineProperty(owner, name, { get: touched, set: touched });
}

class Element {
  constructor(page, name, attributes = "") {
    Object.assign(this, { page, name, children: [], parent: null, text: "", style: {}, attributes: {}, heard: {} });
    Object.assign(this, { writes: 0, value: "", files: [], open: false, title: "", src: "", classes: new Set() });
    for (const flag of ["hidden", "disabled", "checked"]) this[flag] = new RegExp(`\\s${flag}\\b`).test(attributes);
    this.classList = { toggle: (one, on) => (on ? this.classes.add(one) : this.classes.delete(one)) };
  }

  get textContent() { return this.children.length ? this.children.map((one) => one.textContent).join("") : this.text; }
  set textContent(text) { this.replaceChildren(); this.text = String(text); this.writes += 1; }
  get lastElementChild() { return this.children.at(-1); }

  setAttribute(name, value) {
    if (/^(on|style|src|href)/.test(name)) throw new Error(`touched: ${name}`);
    this.attributes[name] = String(value);
    if (["title", "value"].includes(name)) this[name] = String(value);
  }

  append(...nodes) {
    for (const node of nodes) {
      if (!(node instanceof Element)) throw new Error(`no element: ${node}`);
      node.remove();
      node.parent = this;
      this.children.push(node);
    }
  }

  prepend(node) { this.replaceChildren(node, ...this.children); }
  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((one) => one !== this);
    this.parent = null;
  }


  replaceChildren(...nodes) {
    if (this.contains(this.page.document.activeElement)) this.page.document.activeElement = null;
    [...this.children].forEach((one) => one.remove());
    this.append(...nodes);
  }

  contains(node) { return node === this || this.children.some((one) => one.contains(node)); }
  all(name) { return [...(this.name === name ? [this] : []), ...this.children.flatMap((one) => one.all(name))]; }
  querySelector(name) { return this.children.flatMap((one) => one.all(name))[0] ?? null; }
  focus() { this.page.document.activeElement = this; }
  showModal() { this.open = true; }
  close() { this.open = false; this.fire("close"); }
  addEventListener(event, act) { (this.heard[event] ??= []).push(act); }
  fire(event, fields = {}) { (this.heard[event] ?? []).forEach((act) => act({ preventDefault() {}, ...fields })); }
}
trap(Element.prototype, "innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc", "onclick", "onload");

class Page {
  constructor(url = "http://localhost/api/dashboard") {
    Object.assign(this, { now: Date.parse("2026-05-04T03:02:01Z"), timers: new Map(), calls: [], urls: {}, answers: {} });
    Object.assign(this, { agree: true, questions: [], location: new URL(url), hidden: false, drawn: 0 });
    this.document = new Element(this, "document");
    this.document.body = new Element(this, "body");
    this.byId = {};
    for (const [, name, attributes, id] of elements) this.byId[id] = new Element(this, name, attributes);
    this.document.getElementById = (id) => this.byId[id];
    this.document.createElement = (name) => new Element(this, name);
    Object.defineProperty(this.document, "hidden", { get: () => this.hidden });
    trap(this.document, "cookie", "write");
    this.answer("GET health", { status: "ok" });
    this.answer("GET stats", {
      as_of: "2026-05-04T03:02:00Z", jobs: {}, capped: false, oldest_due_age_seconds: null, lock: { holder: null },
      poison: 0, missed: null, stale_reports_total: 0, upkeep: { sweep: { age_seconds: null, late: false } },
    });
    for (const list of ["images", "jobs"]) this.answer(`GET ${list}`, { items: [], cursor: null });
  }

  $(id) { return this.byId[id]; }
  text(id) { return this.byId[id].textContent; }

  // Answer a method and path, to which a query belongs where it is given. A function may look at the call.
  answer(place, body, { status = 200, ...headers } = {}) { this.answers[place] = { body, status, headers }; }

  async fetch(path, { method, headers, body }) {
    const call = { method, path, headers, body };
    this.calls.push(call);
    const answer = this.answers[`${method} ${path}`] ?? this.answers[`${method} ${path.split("?")[0]}`];
    if (answer === undefined) return new Response(null, { status: 404 });
    if (answer.body instanceof Promise) await answer.body;
    const value = typeof answer.body === "function" ? answer.body(call) : await answer.body;
    const empty = [204, 304].includes(answer.status) || value === null;
    return new Response(empty ? null : typeof value === "string" ? value : JSON.stringify(value), answer);
  }

  sent(method, start = "") { return this.calls.filter((one) => one.method === method && one.path.startsWith(start)); }

  async load() {
    const context = vm.createContext({
      document: this.document, URL: this.blobs(), location: this.location, console,
      history: { replaceState: (state, title, url) => { this.location.href = new URL(url, this.location).href; } },
      fetch: (...request) => this.fetch(...request),
      confirm: (text) => { this.questions.push(text); return this.agree; },
      setTimeout: (act, ms) => { this.timers.set(++this.drawn, { at: this.now + ms, act }); return this.drawn; },
      clearTimeout: (id) => this.timers.delete(id),
    });
    trap(context, "localStorage", "sessionStorage", "indexedDB", "caches", "name");
    vm.runInContext("delete globalThis.eval; delete globalThis.Function;", context);
    vm.runInContext("Date", context).now = () => this.now;
    script.runInContext(context);
    await this.settled();
    return this;
  }

  blobs() {
    const page = this;
    return class extends URL {
      static createObjectURL() { page.urls[`blob:${++page.drawn}`] = true; return `blob:${page.drawn}`; }
      static revokeObjectURL(url) { page.urls[url] = false; }
    };
  }

  // Let go on what waits for nothing but answers that are there.
  async settled() { for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate); }

  async advance(ms) {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].act();
      await this.settled();
    }
    this.now = end;
  }

  async fire(id, event, fields) { (this.byId[id] ?? this.document).fire(event, fields); await this.settled(); }
  async see(hidden) { this.hidden = hidden; await this.fire("document", "visibilitychange"); }
  async open(at = 0) { this.$("rows").all("button")[at].fire("click"); await this.settled(); }

  async upload(...files) { this.$("files").files = files; await this.fire("files", "change"); }

  // A job that is there: in the list and by itself.
  job(fields = {}, etag = '"v1"') {
    const job = {
      id: `t-${"0".repeat(32)}`, type: "t", ref: "a", state: "PENDING", attempts: 0, token: 0, owner: null,
      lease_until: null, not_before: null, created_at: "2026-05-04T03:00:00Z", started_at: null, ended_at: null,
      updated_at: "2026-05-04T03:00:00Z", progress: null, error: null, image: null, report: null, result: null,
      traceparent: null, params: {}, cursor: null, ...fields,
    };
    this.answer("GET jobs", { items: [job], cursor: null });
    this.answer(`GET jobs/${job.id}`, job, { ETag: etag });
    this.answer(`GET jobs/${job.id}/why`, { why: "It waits." });
    this.answer(`GET jobs/${job.id}/history`, { attempts: [] });
    return job;
  }

  // An image whose job has ended, with a thumbnail.
  image(name = "cat.png", fields = {}) {
    const report = { color: { mean: "#102030", colorfulness: 1, palette: [] }, thumbnail: {} };
    const image = { container: "images", name, etag: "0x1" };
    const about = { type: "image-analysis", ref: `images/${name}`, image, report };
    const job = this.job({ ...about, state: "COMPLETED", ...fields });
    const entry = { image_id: "f".repeat(32), name, etag: "0x1", state: job.state, ended_at: null, job };
    this.answer("GET images", { items: [entry], cursor: null });
    this.answer(`GET images/${entry.image_id}/thumbnail`, "tiny", { "Content-Type": "image/webp" });
    return job;
  }
}

process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
for await (const line of createInterface({ input: process.stdin })) {
  const run = new Function("Page", `return (async () => {${JSON.parse(line)}})();`);
  const result = await run(Page).then((value) => ({ value: value ?? null }), (error) => ({ error: error.stack }));
  console.log(JSON.stringify(result));
}
