// Calls. The key is in this variable and nowhere else; it leaves in one header.
import { $, say } from "./dom.js";

// Images that are asked for first: what a screen shows, and little more.
export const PAGE = 12;
export const IMAGE_FILTERS = ["q", "prefix", "state", "flag", "format", "error", "since", "until"];
const FIRST_MS = 2000, LAST_MS = 30000;

let key = null, bearer = false, asking = false, begun = null;
const polls = new Set();

export class Refusal extends Error {
  constructor(message, { status = 0, code = null, waitMs = 0 } = {}) {
    super(message);
    Object.assign(this, { status, code, waitMs });
  }
}

// Take the key off the address, so that it is in no history.
export function takeKey() {
  const here = new URL(location.href);
  const named = [...here.searchParams.keys()].filter((name) => ["code", "clientid"].includes(name.toLowerCase()));
  key = here.searchParams.get(named.find((name) => name.toLowerCase() === "code") ?? "code");
  named.forEach((name) => here.searchParams.delete(name));
  history.replaceState(null, "", here.pathname + here.search + here.hash);
}

// Do something whenever somebody has given a key.
export function onKey(act) {
  $("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    key = $("key").value.trim();
    $("key").value = "";
    $("key-form").hidden = true;
    asking = false;
    begun = null;
    act();
  });
}

function ask() {
  asking = true;
  $("key-form").hidden = false;
  $("key").focus();
}

// Offer to sign in where the challenge says by which page of App Service, and come back to this page then.
function offer(challenge) {
  const login = /\blogin="(\/\.auth\/login\/[a-z]+)"/.exec(challenge)?.[1];
  $("sign-in").hidden = login === undefined;
  if (login === undefined) return;
  $("sign-in").href = `${login}?post_login_redirect_uri=${encodeURIComponent(location.pathname + location.hash)}`;
}

// The headers of a call, with the key where there is one.
export function withKey(headers = {}) {
  if (key === null) return headers;
  return { ...headers, ...(bearer ? { Authorization: `Bearer ${key}` } : { "x-functions-key": key }) };
}

// Return in how many milliseconds the service wants to be asked again; 0 if it did not say.
export function waitOf(header) {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Math.max(0, ms || 0);
}

// Return the refusal that a response is: `status`, `header(name)`, and the body as text.
export function refusalOf(status, header, text, used = key) {
  if (status === 401) {
    const challenge = header("WWW-Authenticate") ?? "";
    bearer ||= /^bearer\b/i.test(challenge);
    offer(challenge);
    if (used === key) ask();
    return new Refusal(used === null ? "This API needs a key." : "This key is not valid.", { status });
  }
  const waitMs = waitOf(header("Retry-After")), problem = parseProblem(text);
  if (problem === null) return new Refusal(`The service responded with ${status}.`, { status, waitMs });
  const errors = Array.isArray(problem.errors) ? problem.errors : [];
  const wrong = errors.map((one) => ` ${one?.field}: ${one?.message}`).join("");
  return new Refusal(`${problem.title ?? status}: ${problem.detail}${wrong}`, { status, code: problem.code, waitMs });
}

function parseProblem(text) {
  try {
    const problem = JSON.parse(text);
    return typeof problem?.detail === "string" ? problem : null;
  } catch {
    return null;
  }
}

// Ask beforehand for what a page that still loads will ask for.
export function begin(path) {
  begun = { path, answer: call(path) };
  begun.answer.catch(() => {}); // whoever asks for it hears of it
}

// Call the API. Args: the path below it, with its query. Returns the response if it is good or 304; throws a Refusal.
export async function call(path, { method = "GET", headers = {}, body, signal } = {}) {
  if (begun?.path === path && method === "GET") {
    const { answer } = begun;
    begun = null;
    return answer;
  }
  if (asking) throw new Refusal("This API needs a key.", { status: 401 });
  const used = key;
  let response;
  try {
    response = await fetch(path, { method, headers: withKey(headers), body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(`The service did not respond: ${error.message}`);
  }
  if (response.ok || response.status === 304) return response;
  const text = await response.text().catch(() => "");
  throw refusalOf(response.status, (name) => response.headers.get(name), text, used);
}

export async function read(path, options) {
  return (await call(path, options)).json();
}

// Send a body as JSON.
export async function send(path, body, { method = "POST", headers = {} } = {}) {
  const json = { ...headers, "Content-Type": "application/json" };
  return (await call(path, { method, headers: json, body: JSON.stringify(body) })).json();
}

export function query(asked) {
  const given = Object.entries(asked).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${given.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}` : "";
}

// The newest images that match some filters of the hash. Returns the path of one page of them.
export function imagesPath(params, { limit = PAGE, cursor = null } = {}) {
  const given = Object.fromEntries(IMAGE_FILTERS.map((name) => [name, params[name] ?? ""]));
  return `images${query({ order: "newest", brief: true, limit, ...given, cursor })}`;
}

export function jobPath(id) {
  return `jobs/${encodeURIComponent(id)}`;
}

// Ask again and again, by one call with the ETag of the last answer: after 2 s while something lives, else after twice
// as long each time nothing has changed, up to 30 s; never while nobody looks.
// Args: `path()` returns what to ask; `draw(body, response)` shows a new answer, and returns whether something lives;
//       `fail(error)` may show what went wrong itself, and end the poll: then it returns true.
export function poll(path, draw, fail = () => false) {
  const one = new Poll(path, draw, fail);
  polls.add(one);
  one.now();
  return one;
}

class Poll {
  constructor(path, draw, fail) {
    Object.assign(this, { path, draw, fail, timer: null, turn: 0, etag: null, asked: null, text: null });
    Object.assign(this, { pause: FIRST_MS, resume: 0, lives: false, due: false });
  }

  // Ask at once, because something was done or is wanted.
  now() {
    this.pause = FIRST_MS;
    return this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    const mine = ++this.turn, path = typeof this.path === "function" ? this.path() : this.path;
    if (path !== this.asked) Object.assign(this, { asked: path, etag: null, text: null });
    this.due = false;
    try {
      const response = await call(path, { headers: this.etag === null ? {} : { "If-None-Match": this.etag } });
      const text = response.status === 304 ? this.text : await response.text();
      if (mine !== this.turn) return;
      this.take(text, response);
      say("trouble", "");
    } catch (error) {
      if (mine !== this.turn) return;
      if (this.fail(error) === true) {
        this.close();
        return;
      }
      this.pause = Math.max(Math.min(this.pause * 2, LAST_MS), error.waitMs ?? 0);
      say("trouble", error.message);
    }
    this.resume = Date.now() + this.pause;
    this.later();
  }

  take(text, response) {
    const changed = text !== this.text;
    this.text = text;
    if (response.status !== 304) this.etag = response.headers.get("ETag");
    if (changed) this.lives = Boolean(this.draw(JSON.parse(text), response));
    this.pause = changed || this.lives ? FIRST_MS : Math.min(this.pause * 2, LAST_MS);
    this.pause = Math.max(this.pause, waitOf(response.headers.get("Retry-After")));
  }

  later() {
    clearTimeout(this.timer);
    if (document.hidden || asking) this.due = true;
    else this.timer = setTimeout(() => this.ask(), Math.max(0, this.resume - Date.now()));
  }

  close() {
    clearTimeout(this.timer);
    this.turn += 1;
    this.due = false;
    polls.delete(this);
  }
}

// Let polls rest while nobody looks.
export function watchTab() {
  document.addEventListener("visibilitychange", () => polls.forEach((one) => one.later()));
}
