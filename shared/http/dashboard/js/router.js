// Pages by the hash: `#/images?state=FAILED`, `#/images/ID`. The filters of a view stand there too, to be shared.
import { $, make, say } from "./dom.js";

let pages = new Map(), turn = 0, close = () => {}, shown = null;
const worn = new Map();

// Return what a hash names: page, id or null, and its other parameters.
export function parse(hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  const id = rest.length ? unescape(rest.join("/")) : null;
  return { page: page || "images", id, params: Object.fromEntries(new URLSearchParams(search)) };
}

function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Return the hash of a page; parameters that are empty are left out.
export function hashOf(page, id = null, params = {}) {
  const given = Object.entries(params).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const search = new URLSearchParams(given).toString();
  return `#/${page}${id === null ? "" : `/${encodeURIComponent(id)}`}${search ? `?${search}` : ""}`;
}

export function link(text, page, id = null, params = {}, attributes = {}) {
  return make("a", text, { href: hashOf(page, id, params), ...attributes });
}

export function go(page, id = null, params = {}) {
  location.hash = hashOf(page, id, params);
}

// Note the filters of the page that is open in the address, without opening it again. With `replace`, the browser's way
// back skips this view.
export function note(params, { replace = false } = {}) {
  const { page, id } = parse(location.hash), address = hashOf(page, id, params);
  if (address === location.hash) return;
  shown = address;
  history[replace ? "replaceState" : "pushState"](null, "", address);
}

async function open() {
  if (location.hash !== "" && !location.hash.startsWith("#/")) return;
  const { page, id, params } = parse(location.hash), mine = ++turn, first = shown === null;
  shown = location.hash;
  close();
  close = () => {};
  mark(page);
  const root = $("main"), load = pages.get(id === null ? page : `${page}/`);
  try {
    if (load === undefined) throw new Error("There is no such page.");
    const module = await load();
    await Promise.all([module.style ?? []].flat().map(wear));
    if (mine !== turn) return;
    root.replaceChildren();
    close = module.open(root, { ...params, id }) ?? close;
    entitle(root, first);
  } catch (error) {
    if (mine === turn) fail(root, error);
  }
}

// Load a style of a page's own, once.
function wear(name) {
  if (worn.has(name)) return worn.get(name);
  const sheet = make("link", "", { rel: "stylesheet" });
  sheet.href = new URL(`../style/${name}`, import.meta.url).href;
  worn.set(name, new Promise((resolve) => {
    for (const end of ["load", "error"]) sheet.addEventListener(end, resolve, { once: true });
  }));
  document.head.append(sheet);
  return worn.get(name);
}

// Name the window after the page, and let the keyboard begin there.
function entitle(root, first) {
  const title = root.querySelector("h1");
  document.title = title ? `${title.textContent} – Darkroom` : "Darkroom";
  if (!first) root.focus();
}

function fail(root, error) {
  const again = make("button", "Load the page again", { type: "button" });
  again.addEventListener("click", () => location.reload());
  const text = `${error.message} There may be a newer version of this page.`;
  root.replaceChildren(make("h1", "This page can't be shown"), make("p", text), again);
}

function mark(page) {
  for (const one of document.querySelectorAll("[data-page]")) {
    if (one.dataset.page === page) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
}

// Open the page again, as after a key was given.
export function reopen() {
  say("trouble", "");
  open();
}

// Show pages by the hash from now on. A page exports `open(root, params)`, which returns what closes it, and may export
// `style`, the names of styles of its own. Args: loaders by name, `name/` for the page of one thing.
export function start(loaders) {
  pages = new Map(Object.entries(loaders)); // a hash may name anything, such as `constructor`
  addEventListener("hashchange", () => { if (location.hash !== shown) open(); });
  open();
}
