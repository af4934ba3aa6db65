// The page of images: a gallery, the newest first, with filters, uploads, and actions on many at once.
import { IMAGE_FILTERS, PAGE, imagesPath, poll, read } from "../api.js";
import { bulk } from "../bulk.js";
import { button, make, say } from "../dom.js";
import { filterForm } from "../filters.js";
import { Gallery } from "../gallery.js";

const MORE = 24, LARGEST = 200, EMPTY_PAGES = 4;
const LIVE = new Set(["PENDING", "RUNNING"]);
const states = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"];
const formats = ["jpeg", "png", "webp", "gif", "bmp", "tiff", "heic", "avif"];
const flags = [
  ["blurred", "blurred"], ["dark", "dark"], ["bright", "bright"], ["low_contrast", "low contrast"],
  ["gps", "has a place"], ["ai", "made by AI"], ["partial", "partial report"], ["type_mismatch", "another type"],
];
const FIELDS = [
  { name: "q", label: "Name contains", kind: "search" },
  { name: "prefix", label: "Name begins with", kind: "text" },
  { name: "state", label: "State", kind: "select", options: states.map((state) => [state, state.toLowerCase()]) },
  { name: "flag", label: "Flag", kind: "select", options: flags },
  { name: "format", label: "Format", kind: "select", options: formats.map((format) => [format, format.toUpperCase()]) },
];

class Images {
  constructor(root, params) {
    this.params = Object.fromEntries(IMAGE_FILTERS.filter((name) => params[name]).map((name) => [name, params[name]]));
    Object.assign(this, { first: null, later: [], cursor: null, complete: true, fresh: new Map(), closed: false });
    this.bulk = bulk({
      path: "jobs/actions", actions: ["redrive", "cancel", "delete"], noun: ["image", "images"],
      filter: () => this.params, pages: (signal) => this.pages(signal),
      done: (action, ids) => this.patch(action, new Set(ids)),
    });
    this.gallery = new Gallery({ box: (item) => this.bulk.box(item), toggle: (item) => this.bulk.toggle(item) });
    this.filters = filterForm({ fields: FIELDS, params: this.params, change: (given) => this.turn(given) });
    this.more = button("Load more", () => this.load(), { hidden: true });
    this.end = new IntersectionObserver((all) => {
      if (all.at(-1).isIntersecting && !this.more.disabled) this.load();
    }, { rootMargin: "300px" });
    this.note = make("div", "", { class: "empty", hidden: true });
    this.head = make("div", [make("h1", "Images")], { class: "head" });
    this.place = make("div");
    const { blank, node } = this.gallery;
    const hint = make("p", "Keys: arrows go from card to card, x selects one.", { class: "faint small hint" });
    root.append(this.head, this.place, this.filters.node, this.bulk.node, blank, node, this.note, this.more, hint);
    this.gallery.wait();
    const path = () => imagesPath(this.params, { limit: this.later.length ? MORE : PAGE });
    this.poll = poll(path, (body) => this.take(body), () => this.fail());
    this.offerUploads();
  }

  // Uploads load after the list was asked for.
  async offerUploads() {
    const { uploadPanel } = await import("../upload_panel.js");
    if (this.closed) return;
    this.uploads = uploadPanel({ accepted: (image) => this.accept(image) });
    this.head.append(...this.uploads.controls);
    this.place.append(this.uploads.node);
  }

  turn(params) {
    this.params = params;
    Object.assign(this, { first: null, later: [], cursor: null, fresh: new Map() });
    this.bulk.clear();
    this.gallery.wait();
    this.note.hidden = this.more.hidden = true;
    this.poll.now();
  }

  take({ items, cursor, complete }) {
    const begins = this.first === null;
    this.first = items;
    if (this.later.length === 0) Object.assign(this, { cursor, complete: complete ?? true });
    this.show();
    if (begins && items.length < PAGE && !this.complete) this.load(EMPTY_PAGES);
    return this.items.some(({ state }) => LIVE.has(state));
  }

  // What was just uploaded comes first, then the first page as it is now, then what was loaded behind it.
  get items() {
    const first = this.first ?? [], names = new Set(first.map(({ image_id }) => image_id));
    const known = new Map([...this.later, ...first].map((image) => [image.image_id, image]));
    const fresh = [...this.fresh].reverse().map(([id, image]) => known.get(id) ?? image);
    const rest = [...first, ...this.later.filter(({ image_id }) => !names.has(image_id))];
    return [...fresh, ...rest.filter(({ image_id }) => !this.fresh.has(image_id))];
  }

  show() {
    const { items } = this;
    this.gallery.draw(items);
    this.bulk.list(items.filter(({ job }) => job).map(({ name, job }) => ({ ...job, name })));
    this.more.hidden = this.cursor === null;
    this.more.textContent = this.complete ? "Load more" : "Look further";
    this.note.hidden = items.length > 0 || this.first === null;
    if (!this.note.hidden) this.explain();
    this.watch();
  }

  // Learn anew whether the end is in view: more is loaded then, but for a search that finds little.
  watch() {
    this.end.disconnect();
    if (!this.more.hidden && this.complete) this.end.observe(this.more);
  }

  explain() {
    if (Object.keys(this.params).length > 0) {
      const text = this.cursor === null ? "No image matches these filters." : "No image so far matches these filters.";
      this.note.replaceChildren(make("p", text), button("Clear filters", () => this.filters.clear()));
    } else {
      const how = make("p", "Drop some anywhere on this page, or upload them.");
      this.note.replaceChildren(make("h2", "No images yet"), how);
    }
  }

  fail() {
    if (this.first !== null || this.closed) return;
    this.gallery.draw([]);
    this.note.hidden = false;
    this.note.replaceChildren(make("p", "The images can't be shown now."), button("Try again", () => this.poll.now()));
  }

  // Load what comes next; a page may end early, so several may be needed to find something.
  async load(pages = 1) {
    const { params } = this, before = this.later.length;
    this.more.disabled = true;
    try {
      for (let page = 0; page < pages && this.cursor !== null; page += 1) {
        const { items, cursor, complete } = await read(imagesPath(params, { limit: MORE, cursor: this.cursor }));
        if (this.closed || params !== this.params) break;
        this.later = page === 0 && before === 0 ? [...this.first, ...items] : [...this.later, ...items];
        Object.assign(this, { cursor, complete: complete ?? true });
        this.show();
        if (this.later.length - before >= MORE) break;
      }
    } catch (error) {
      say("trouble", error.message);
      return;
    } finally {
      this.more.disabled = false;
    }
    if (!this.closed) this.watch();
  }

  async* pages(signal) {
    let cursor = null;
    do {
      const page = await read(imagesPath(this.params, { limit: LARGEST, cursor }), { signal });
      yield page.items.filter(({ job }) => job).map(({ name, job }) => ({ ...job, name }));
      cursor = page.cursor;
    } while (cursor !== null);
  }

  accept({ image_id, name }) {
    if (Object.keys(this.params).length > 0) return;
    this.fresh.delete(image_id);
    this.fresh.set(image_id, { image_id, name, state: "PENDING", ended_at: null, job: null, summary: null });
    if (this.first !== null) this.show();
    this.poll.now();
  }

  // What was loaded behind the first page is not asked for again: show there what an action has done.
  patch(action, ids) {
    const state = { redrive: "PENDING", cancel: "CANCELED" }[action];
    const wanted = ({ job }) => job && ids.has(job.id);
    const after = (image) => ({ ...image, state, job: { ...image.job, state, error: null } });
    this.later = action === "delete" ? this.later.filter((image) => !wanted(image))
      : this.later.map((image) => (wanted(image) ? after(image) : image));
    if (action === "delete" && this.first) this.first = this.first.filter((image) => !wanted(image));
    this.show();
    this.poll.now();
  }

  close() {
    this.closed = true;
    this.poll.close();
    this.bulk.close();
    this.gallery.close();
    this.end.disconnect();
    this.uploads?.close();
  }
}

export function open(root, params) {
  const images = new Images(root, params);
  return () => images.close();
}
