// A grid of images. A picture is asked for when it comes into view; until then its colours stand there.
import { call } from "./api.js";
import { paint } from "./blurhash.js";
import { keep, make, stateOf } from "./dom.js";
import { bytes, cause, isNumber, moment, number } from "./format.js";
import { link } from "./router.js";

const HEX = /^#[0-9a-f]{6}$/i;
const FLAGS = 6, BLANKS = 12;
const MOVES = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

export class Gallery {
  // Args: box(image): returns the checkbox of an image. toggle(image): chooses one, or lets it go.
  constructor({ box, toggle }) {
    this.box = box;
    this.node = make("ul", "", { id: "cards", class: "gallery", "aria-label": "Images" });
    const blanks = Array.from({ length: BLANKS }, () => make("div", "", { class: "skeleton" }));
    this.blank = make("div", blanks, { class: "gallery", role: "status", "aria-label": "Loading", hidden: true });
    this.views = new IntersectionObserver((all) => {
      all.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => this.show(target));
    }, { rootMargin: "200px" });
    this.pictures = new WeakMap();
    this.failed = new Set();
    this.items = [];
    this.node.addEventListener("keydown", (event) => this.press(event, toggle));
  }

  draw(items) {
    this.items = items;
    this.blank.hidden = true;
    keep(this.node, items, (image) => image.image_id, (image) => this.card(image));
    [...this.failed].filter((node) => node.isConnected).forEach((node) => this.views.observe(node));
    this.failed.clear();
  }

  // Show that images are asked for.
  wait() {
    this.draw([]);
    this.blank.hidden = false;
  }

  card(image) {
    const { job, name } = image, summary = image.summary ?? {}, box = make("div", "", { class: "picture" });
    if (HEX.test(summary.mean ?? "")) box.style.backgroundColor = summary.mean;
    const colours = make("canvas", "", { width: "32", height: "24" });
    if (paint(colours, summary.blurhash)) box.append(colours);
    const flags = Array.isArray(summary.flags) ? summary.flags.slice(0, FLAGS) : [];
    const node = make("li", [
      box,
      job ? make("label", [this.box({ ...job, name })], { class: "check" }) : null,
      link(nameParts(name), "images", image.image_id, {}, { class: "name", title: name }),
      make("div", [stateOf(image.state), ...flags.map(chip)], { class: "row" }),
      job?.state === "RUNNING" && isNumber(job.progress)
        ? make("progress", "", { value: job.progress, "aria-label": "Progress" }) : null,
      job?.error ? make("p", cause(job.error), { class: `small clip ${job.state === "FAILED" ? "bad" : "faint"}` })
        : make("p", factsOf(summary), { class: "faint small cut" }),
      make("p", [moment(job?.ended_at ?? job?.created_at ?? image.ended_at)], { class: "faint small" }),
    ], { class: "card" });
    if (summary.thumbnail === true) {
      this.pictures.set(node, { box, id: image.image_id });
      this.views.observe(node);
    }
    return node;
  }

  async show(node) {
    const picture = this.pictures.get(node);
    this.views.unobserve(node);
    if (!picture || picture.asked) return;
    picture.asked = true;
    try {
      const blob = await (await call(`images/${encodeURIComponent(picture.id)}/thumbnail`)).blob();
      const url = URL.createObjectURL(blob), shown = make("img", "", { alt: "" });
      for (const end of ["load", "error"]) shown.addEventListener(end, () => URL.revokeObjectURL(url), { once: true });
      shown.src = url;
      picture.box.append(shown);
    } catch (error) {
      if (error.status === 404) return;
      picture.asked = false; // and asked for again with the next answer of the list
      this.failed.add(node);
    }
  }

  // Arrows, Home and End go from card to card; x chooses one.
  press(event, toggle) {
    const cards = [...this.node.children], at = cards.findIndex((card) => card.contains(event.target));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "x" && this.items[at]?.job) {
      toggle({ ...this.items[at].job, name: this.items[at].name });
    } else {
      const to = targetOf(cards, at, event.key);
      if (to === null) return;
      cards[to].querySelector("a")?.focus();
    }
    event.preventDefault();
  }

  close() {
    this.views.disconnect();
  }
}

// The end of a name says most: what stands before its last slash comes in a line of its own.
function nameParts(name) {
  const at = name.lastIndexOf("/", name.length - 2) + 1;
  const last = make("span", name.slice(at), { class: "cut" });
  return at ? [make("span", name.slice(0, at), { class: "cut faint small" }), last] : [last];
}

function chip(flag) {
  return make("span", String(flag).replaceAll("_", " "), { class: "chip" });
}

function targetOf(cards, at, key) {
  const step = MOVES[key] ?? { ArrowDown: 1, ArrowUp: -1 }[key] * columns(cards);
  return Number.isNaN(step) ? null : Math.min(cards.length - 1, Math.max(0, at + step));
}

function columns(cards) {
  const next = cards.findIndex((card) => card.offsetTop > cards[0].offsetTop);
  return next < 0 ? cards.length : next;
}

function factsOf({ width_px, height_px, format, bytes: size }) {
  const facts = [];
  if (isNumber(width_px) && isNumber(height_px)) facts.push(`${number(width_px)} × ${number(height_px)}`);
  if (typeof format === "string") facts.push(format.toUpperCase());
  if (isNumber(size)) facts.push(bytes(size));
  return facts.join(" · ");
}
