// A browser for the dashboard's scripts: the elements are happy-dom's; the clock and its timers move when a test moves
// them; answers are those that a test gives. What the page must never touch is a trap.
// Reads the page's folder from its arguments, then one scenario a line from stdin: a JSON text with the body of an async
// function, in which `Page` is the class below; writes what it returned, a line each.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { Window } from "happy-dom";
import { Transfer } from "./transfers.mjs";

const FOLDER = pathToFileURL(`${process.argv[2]}/`);
const SHELL = readFileSync(new URL("index.html", FOLDER), "utf8");
const NO_LOADING = { disableJavaScriptFileLoading: true, disableCSSFileLoading: true, handleDisabledFileLoadingAsSuccess: true };
const OF_WINDOW = ["document", "location", "history", "Event", "CustomEvent", "KeyboardEvent", "File", "Node", "navigator"];
const OF_NODE = { URLSearchParams, AbortController, Blob, TextEncoder, TextDecoder, crypto, console, queueMicrotask, structuredClone };
const SERVED = "http://localhost/api/dashboard/0/";
const sources = new Map();

function sourceOf(url) {
  if (!sources.has(url)) sources.set(url, readFileSync(new URL(url), "utf8"));
  return sources.get(url);
}

function trap(owner, ...names) {
  for (const name of names) {
    const touched = () => { throw new Error(`touched: ${name}`); };
    Object.defineProperty(owner, name, { get: touched, set: touched, configurable: true });
  }
}

export class Page {
  constructor(address = "http://localhost/api/dashboard") {
    Object.assign(this, { now: Date.parse("2026-05-04T03:02:01Z"), timers: new Map(), drawn: 0, calls: [], answers: {} });
    Object.assign(this, { agree: true, questions: [], urls: {}, hidden: false, views: [], transfers: [], modules: new Map() });
    this.window = new Window({ url: address, width: 1280, height: 900, settings: NO_LOADING });
    this.document = this.window.document;
    this.document.write(SHELL);
    Object.defineProperty(this.document, "hidden", { get: () => this.hidden });
    trap(this.document, "cookie", "write");
    trap(this.window.Element.prototype, "innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe");
    trap(this.window.HTMLElement.prototype, "innerText");
    for (const list of ["images", "jobs"]) this.answer(`GET ${list}`, { items: [], cursor: null, complete: true });
    this.context = vm.createContext(this.globals());
    trap(this.context, "localStorage", "sessionStorage", "indexedDB", "caches", "name", "open");
    vm.runInContext("delete globalThis.eval; delete globalThis.Function;", this.context);
    vm.runInContext("Date", this.context).now = () => this.now;
  }

  globals() {
    const page = this, { window } = this;
    return {
      ...OF_NODE, ...Object.fromEntries(OF_WINDOW.map((name) => [name, window[name]])), URL: this.blobs(), window,
      addEventListener: window.addEventListener.bind(window), removeEventListener: window.removeEventListener.bind(window),
      fetch: (...request) => this.fetch(...request),
      confirm: (text) => { this.questions.push(text); return this.agree; },
      setTimeout: (act, ms) => { this.timers.set(++this.drawn, { at: this.now + (ms ?? 0), act }); return this.drawn; },
      clearTimeout: (id) => this.timers.delete(id),
      requestAnimationFrame: (act) => { queueMicrotask(() => act(this.now)); return 0; },
      matchMedia: () => ({ matches: false, addEventListener() {} }),
      XMLHttpRequest: class extends Transfer { constructor() { super(page); } },
      IntersectionObserver: class { // what a test has not called unseen is in view, but for the end of a list
        constructor(act) { Object.assign(this, { act, nodes: new Set() }); page.views.push(this); }
        observe(node) { this.nodes.add(node); if (page.inView(node)) this.show(node); }
        show(node) { queueMicrotask(() => this.nodes.has(node) && this.act([{ target: node, isIntersecting: true }], this)); }
        unobserve(node) { this.nodes.delete(node); }
        disconnect() { this.nodes.clear(); }
      },
    };
  }

  inView(node) { return node.tagName !== "BUTTON"; }

  blobs() {
    const page = this;
    return class extends URL {
      static createObjectURL() { page.urls[`blob:${++page.drawn}`] = true; return `blob:${page.drawn}`; }
      static revokeObjectURL(url) { page.urls[url] = false; }
    };
  }

  // Answer a method and path, to which a query belongs where it is given. A function may look at the call.
  answer(place, body, { status = 200, ...headers } = {}) { this.answers[place] = { body, status, headers }; }

  answerTo(method, path) { return this.answers[`${method} ${path}`] ?? this.answers[`${method} ${path.split("?")[0]}`]; }

  async fetch(path, { method, headers, body, signal }) {
    const call = { method, path, headers, body };
    this.calls.push(call);
    const answer = this.answerTo(method, path);
    if (answer === undefined) return new Response(null, { status: 404 });
    const value = await (typeof answer.body === "function" ? answer.body(call) : answer.body);
    if (signal?.aborted) throw new DOMException("Stopped.", "AbortError");
    if (value instanceof Response) return value;
    const empty = [204, 304].includes(answer.status) || value === null;
    return new Response(empty ? null : typeof value === "string" ? value : JSON.stringify(value), answer);
  }

  sent(method, start = "") { return this.calls.filter((one) => one.method === method && one.path.startsWith(start)); }

  // Load a module of the page, by its name below js/, with all that it imports; return what it exports.
  async module(name) { return (await this.evaluated(new URL(`js/${name}`, FOLDER).href)).namespace; }

  async evaluated(url) {
    const module = this.linked(url);
    if (module.status === "unlinked") await module.link((name, from) => this.linked(new URL(name, from.identifier).href));
    await module.evaluate();
    return module;
  }

  linked(url) {
    if (!url.startsWith(FOLDER.href)) throw new Error(`imported from outside: ${url}`);
    if (!this.modules.has(url)) {
      const importModuleDynamically = (name, from) => this.evaluated(new URL(name, from.identifier).href);
      const initializeImportMeta = (meta) => { meta.url = url.replace(FOLDER.href, SERVED); };
      const options = { context: this.context, identifier: url, importModuleDynamically, initializeImportMeta };
      this.modules.set(url, new vm.SourceTextModule(sourceOf(url), options));
    }
    return this.modules.get(url);
  }

  async load() {
    await this.module("app.js");
    return this.settled();
  }

  // Let go on what waits for nothing but answers that are there.
  async settled() {
    for (let turn = 0; turn < 15; turn += 1) await new Promise(setImmediate);
    return this;
  }

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

  // An image as the list has it, with the job of its newest version; the list has all that were made so far.
  image(name = "cat.png", { state = "COMPLETED", summary = {}, ...job } = {}) {
    const items = this.images ??= [], number = items.length, time = `2026-05-04T02:0${number % 10}:00.000Z`;
    const ended = ["COMPLETED", "FAILED", "CANCELED"].includes(state) ? time : null;
    const item = {
      image_id: String(number).padStart(32, "0"), name, etag: "0x1", state, ended_at: ended,
      job: {
        id: `image-analysis-${String(number).padStart(32, "0")}`, type: "image-analysis", ref: `images/${name}`, state,
        attempts: 1, progress: null, error: null, created_at: "2026-05-04T01:00:00.000Z", ended_at: ended, flags: [], ...job,
      },
      summary: { width_px: 320, height_px: 214, format: "png", bytes: 8190, flags: [], blurhash: null, mean: "#102030",
        thumbnail: true, ...summary },
    };
    items.push(item);
    this.answer("GET images", { items, cursor: null, complete: true });
    this.answer(`GET images/${item.image_id}/thumbnail`, "tiny", { "Content-Type": "image/webp" });
    return item;
  }

  // What a viewer sees and does. A place is a selector, or an element.
  $(place) { return typeof place === "string" ? this.document.querySelector(place) : place; }
  all(selector, root = this.document) { return [...root.querySelectorAll(selector)]; }
  text(place) { return this.$(place)?.textContent ?? null; }
  texts(selector) { return this.all(selector).map((one) => one.textContent); }
  named(text, selector = "button, a, summary") { return this.all(selector).find((one) => one.textContent === text) ?? null; }

  async fire(place, name, fields = {}) {
    const event = new this.window.Event(name, { bubbles: true, cancelable: true });
    for (const [field, value] of Object.entries(fields)) Object.defineProperty(event, field, { value });
    const node = this.$(place);
    node.dispatchEvent(event);
    await this.settled();
    return event;
  }

  async click(place) { this.$(place).click(); await this.settled(); }
  async choose(place, value) { this.$(place).value = value; await this.fire(place, "change"); }
  async type(place, value) { this.$(place).value = value; await this.fire(place, "input"); }
  async press(key, place = this.document.activeElement, fields = {}) { return this.fire(place, "keydown", { key, ...fields }); }
  async see(hidden) { this.hidden = hidden; await this.fire(this.document, "visibilitychange"); }
  async go(hash) { this.window.location.hash = hash; await this.fire(this.window, "hashchange"); }
}

process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
for await (const line of createInterface({ input: process.stdin })) {
  const run = new Function("Page", `return (async () => {${JSON.parse(line)}})();`);
  const result = await run(Page).then((value) => ({ value: value ?? null }), (error) => ({ error: error.stack ?? String(error) }));
  console.log(JSON.stringify(result));
}
