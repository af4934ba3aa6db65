// Messages that name nothing real, with the reason; an operator follows them again or deletes them.
import { call, query, read } from "../api.js";
import { bulk } from "../bulk.js";
import { button, keep, make, say } from "../dom.js";
import { frame, later, middle, row, section, when } from "../parts.js";
import { list, text } from "../values.js";

const HEADS = ["Select", "Message", "Code", "Why", "When", "Text"];
const ROWS = 50, LARGEST = 200;

function listing(limit, cursor) {
  return `rejected${query({ limit, cursor })}`;
}

// The text of a message; all of it is asked for only where somebody wants it.
function content(one) {
  const shown = make("pre", text(one.text) ?? "", { tabindex: "0" });
  const whole = async () => {
    try {
      const { text: all } = await read(`rejected/${encodeURIComponent(one.id)}`);
      shown.textContent = make("pre", text(all) ?? "").textContent;
      more.remove();
    } catch (error) {
      say("trouble", error.message);
    }
  };
  const more = button("Show all of it", whole);
  return make("div", one.truncated === true ? [shown, more] : [shown], { class: "stack" });
}

function line(one, box) {
  return row(HEADS, [
    [box], [make("code", middle(one.id), { title: one.id })], text(one.code), text(one.message), when(one.at),
    [later("Text", () => content(one))],
  ]);
}

// The part of the overview. Args: `done()` is called after messages were followed again or deleted.
export function rejected(done) {
  const part = new Rejected(done);
  return { node: part.node, load: () => part.load(), close: () => part.bulk.close() };
}

class Rejected {
  constructor(done) {
    Object.assign(this, { done, cursor: null, following: null });
    this.body = make("tbody");
    this.about = make("p", "", { class: "faint" });
    this.table = frame("Rejected messages, each with the reason", HEADS, this.body);
    this.first = button("First page", () => this.turn(null));
    this.next = button("Next page", () => this.turn(this.following));
    this.pages = make("div", [this.first, this.next], { class: "row" });
    this.bulk = bulk({
      path: "rejected/actions", actions: ["redrive", "delete"], noun: ["message", "messages"], asOf: false,
      filter: () => ({}), pages: (signal) => this.all(signal), done,
    });
    this.node = section("Rejected messages", [this.about, this.bulk.node, this.table, this.pages]);
    this.show([], "Loading…");
  }

  turn(cursor) {
    this.cursor = cursor;
    this.done();
  }

  show(items, words) {
    keep(this.body, items, (one) => one.id, (one) => line(one, this.bulk.box(one)));
    this.bulk.list(items);
    this.table.hidden = items.length === 0;
    this.pages.hidden = this.cursor === null && this.following === null;
    this.first.disabled = this.cursor === null;
    this.next.disabled = this.following === null;
    say(this.about, words);
  }

  async load() {
    try {
      const page = await read(listing(ROWS, this.cursor));
      const items = list(page.items).filter((one) => text(one?.id) !== null);
      this.following = text(page.cursor);
      this.show(items, items.length ? "" : "No message is rejected.");
    } catch (error) {
      if (error.status !== 403) throw error;
      this.show([], "Only an operator's key may see this part.");
    }
  }

  async* all(signal) {
    let cursor = null;
    do {
      const page = await (await call(listing(LARGEST, cursor), { signal })).json();
      yield page.items;
      cursor = page.cursor;
    } while (cursor !== null);
  }
}
