// Messages that name nothing real, with the reason; an operator follows them again or deletes them.
import { query, read } from "../api.js";
import { button, keep, make, say } from "../dom.js";
import { moment } from "../format.js";
import { frame, later, middle, row, section, sentence } from "../parts.js";
import { list, text } from "../values.js";

const HEADS = ["Message", "Code", "Why", "When", "Text"];
const ROWS = 50;

function line(one) {
  const content = text(one.text) ?? "", more = one.truncated === true ? "The text goes on." : "";
  return row(HEADS, [
    [make("code", middle(one.id), { title: one.id })], text(one.code), text(one.message), [moment(one.at)],
    [later("Text", () => make("div", [make("pre", content, { tabindex: "0" }), sentence(more)]))],
  ]);
}

// The part of the overview. Args: `done()` is called after messages were followed again or deleted.
export function rejected(done) {
  const part = new Rejected(done);
  return { node: part.node, load: () => part.load(), close: () => part.close() };
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
    this.node = section("Rejected messages", [this.about, this.table, this.pages]);
    this.show([], "Loading…");
  }

  turn(cursor) {
    this.cursor = cursor;
    this.done();
  }

  show(items, words) {
    keep(this.body, items, (one) => one.id, line);
    this.table.hidden = items.length === 0;
    this.pages.hidden = this.cursor === null && this.following === null;
    this.first.disabled = this.cursor === null;
    this.next.disabled = this.following === null;
    say(this.about, words);
  }

  async load() {
    try {
      const page = await read(`rejected${query({ limit: ROWS, cursor: this.cursor })}`);
      const items = list(page.items).filter((one) => text(one?.id) !== null);
      this.following = text(page.cursor);
      this.show(items, items.length ? "" : "No message is rejected.");
    } catch (error) {
      if (error.status !== 403) throw error;
      this.show([], "Only an operator's key may see this part.");
    }
  }

  close() {}
}
