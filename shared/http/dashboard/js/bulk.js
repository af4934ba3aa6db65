// Choose many things to act on: some of those shown, or all that match. What is done with them loads when it is used.
import { button, make, say } from "./dom.js";
import { number } from "./format.js";

const FITS = {
  redrive: new Set(["FAILED", "CANCELED"]), cancel: new Set(["PENDING", "RUNNING"]),
  delete: new Set(["COMPLETED", "FAILED", "CANCELED"]),
};
export const VERBS = { redrive: "Redrive", cancel: "Cancel", delete: "Delete" };

// Args: path: where actions go. actions: their names. filter(): what the list is filtered by. pages(signal): yields
//       arrays of all items that match. noun: of one and of several. done(action, ids): called when an operation ends.
//       asOf: whether a repeat must act on nothing that has changed since.
// Returns `{ node, box(item), list(items), toggle(item, on), clear(), close() }`; an item has `id` and, where only some
// states take an action, `state`, `created_at` and `ended_at`.
export function bulk(options) {
  return new Bar({ asOf: true, ...options });
}

class Bar {
  constructor(options) {
    Object.assign(this, { options, chosen: new Map(), shown: [], boxes: new Map(), whole: false, running: false });
    this.count = make("strong", "", { role: "status" });
    this.all = button("", () => this.chooseMore());
    this.none = button("Clear selection", () => this.clear(), { class: "quiet" });
    this.verbs = new Map(options.actions.map((action) => {
      const begin = async () => (await this.work()).begin(action);
      return [action, button("", begin, { class: action === "delete" ? "danger" : null })];
    }));
    this.row = make("div", [this.count, this.all, this.none, ...this.verbs.values()], { class: "row" });
    this.place = make("div", "", { class: "stack", hidden: true });
    this.node = make("section", [this.row, this.place], { class: "bulk", "aria-label": "Selection", hidden: true });
  }

  async work() {
    const { Work } = await import("./bulk_work.js");
    this.worker ??= new Work(this);
    return this.worker;
  }

  // The checkbox of an item.
  box(item) {
    const label = `Select ${item.name ?? item.ref ?? item.id}`;
    const node = make("input", "", { type: "checkbox", "aria-label": label, checked: this.chosen.has(item.id) });
    node.addEventListener("change", () => this.toggle(item, node.checked));
    this.boxes.set(item.id, node);
    return node;
  }

  // Learn what the list shows now; what is chosen is known as it was seen last.
  list(items) {
    this.shown = items;
    this.add(items.filter(({ id }) => this.chosen.has(id)));
    const there = new Set(items.map(({ id }) => id));
    [...this.boxes.keys()].filter((id) => !there.has(id)).forEach((id) => this.boxes.delete(id));
    this.show();
  }

  add(items) {
    items.forEach(({ id, state, created_at, ended_at }) => this.chosen.set(id, { id, state, created_at, ended_at }));
  }

  toggle(item, on = !this.chosen.has(item.id)) {
    if (on) this.add([item]);
    else this.chosen.delete(item.id);
    this.whole = false;
    this.show();
  }

  clear() {
    this.chosen.clear();
    this.whole = false;
    this.show();
  }

  get hasShown() { return this.shown.every(({ id }) => this.chosen.has(id)); }

  async chooseMore() {
    if (this.hasShown) {
      (await this.work()).chooseAll();
      return;
    }
    this.add(this.shown);
    this.show();
  }

  show() {
    this.boxes.forEach((node, id) => { node.checked = this.chosen.has(id); });
    const { size } = this.chosen;
    say(this.count, size ? `${number(size)} selected` : "");
    this.all.textContent = this.hasShown ? "Select all that match" : "Select all shown";
    this.all.hidden = this.whole;
    for (const [action, node] of this.verbs) {
      const fit = this.fitting(action).length;
      node.textContent = `${VERBS[action]} ${number(fit)}`;
      node.hidden = fit === 0;
    }
    this.row.hidden = size === 0 || !this.place.hidden;
    this.node.hidden = this.row.hidden && this.place.hidden;
  }

  fitting(action) {
    return [...this.chosen.values()].filter(({ state }) => state === undefined || FITS[action].has(state));
  }

  close() {
    this.worker?.stop();
  }
}
