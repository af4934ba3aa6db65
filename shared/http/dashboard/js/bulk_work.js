// What is done with many things that were chosen: find all that match, act on them, say what became of them.
import { send } from "./api.js";
import { ask } from "./ask.js";
import { VERBS } from "./bulk.js";
import { button, make, say } from "./dom.js";
import { number } from "./format.js";
import { Operation } from "./operation.js";

const DONE = { redrive: "Redriven", cancel: "Canceled", delete: "Deleted" };
const DETAILS = {
  cancel: "Who works on one of them is told to stop.",
  delete: "Their results go with them. This can't be undone.",
};

export class Work {
  // Args: bar: what was chosen, and where to show what goes on.
  constructor(bar) {
    Object.assign(this, { bar, options: bar.options, stop: () => {} });
  }

  named(count) {
    const [one, several] = this.options.noun;
    return `${number(count)} ${count === 1 ? one : several}`;
  }

  async chooseAll() {
    const stop = new AbortController(), { bar } = this;
    const text = this.show("Looking for all that match …", null, () => stop.abort());
    try {
      for await (const items of this.options.pages(stop.signal)) {
        if (stop.signal.aborted) break;
        bar.add(items);
        text(`${number(bar.chosen.size)} found so far …`);
      }
      bar.whole = !stop.signal.aborted;
      this.end([]);
    } catch (error) {
      const said = [make("p", error.message, { class: "bad", role: "alert" }), this.dismiss()];
      this.end(error.name === "AbortError" ? [] : said);
    }
  }

  async begin(action) {
    const items = this.bar.fitting(action), ticked = await this.confirm(action, items.length);
    if (ticked === null || this.bar.running) return;
    const { asOf, filter, path } = this.options;
    await this.go(new Operation({
      action, items, asOf, forget: ticked.includes("forget"), filter: filter(), send: (body) => send(path, body),
    }));
  }

  async confirm(action, count) {
    if (action === "redrive") return [];
    const choices = action === "delete" && this.options.asOf ? { forget: "Also forget that they were ever added" } : {};
    return ask(`${VERBS[action]} ${this.named(count)}?`, VERBS[action], { details: [DETAILS[action]], choices });
  }

  async go(operation) {
    const { total, action } = operation;
    const meter = make("progress", "", { max: total, value: 0, "aria-label": "Progress" });
    const text = this.show("", meter, () => operation.stop());
    await operation.run(() => {
      meter.value = operation.decided;
      text(`${VERBS[action]}: ${number(operation.decided)} of ${number(total)}`);
    });
    operation.doneIds.forEach((id) => this.bar.chosen.delete(id));
    this.bar.whole = false;
    this.end(this.summary(operation));
    this.options.done(action, operation.doneIds);
  }

  // Show that something goes on, with a button that stops it; return what changes its text.
  show(first, meter, stop) {
    const line = make("p", first), halt = button("Stop", () => {
      halt.disabled = true;
      stop();
    });
    this.stop = stop;
    this.bar.running = true;
    this.bar.place.replaceChildren(make("div", [line, halt], { class: "row" }), ...(meter ? [meter] : []));
    this.bar.place.hidden = false;
    this.bar.show();
    halt.focus();
    return (text) => { line.textContent = text; };
  }

  end(parts) {
    const { bar } = this;
    Object.assign(this, { stop: () => {} });
    bar.running = false;
    bar.place.hidden = parts.length === 0;
    bar.place.replaceChildren(...parts);
    bar.show();
    (bar.place.querySelector("button") ?? bar.all).focus();
  }

  dismiss() {
    return button("Dismiss", () => this.end([]));
  }

  summary(operation) {
    const { action, doneIds, refused, refusals, open, trouble } = operation;
    const text = `${DONE[action]} ${this.named(doneIds.length)}.`;
    say("spoken", text);
    const reasons = [...refused].map(([code, { count, detail }]) => (
      make("li", `${number(count)} × ${code}: ${detail}`)
    ));
    const again = button(`Go on with ${this.named(open)}`, () => this.go(operation), { class: "primary" });
    return [
      make("p", [make("strong", text)]),
      refusals ? make("p", `Refused ${this.named(refusals)}:`) : null,
      refusals ? make("ul", reasons, { class: "reasons" }) : null,
      open ? make("p", `Not decided: ${this.named(open)}. ${trouble ?? "Stopped."}`, { class: "busy" }) : null,
      make("div", [open ? again : null, this.dismiss()], { class: "row" }),
    ].filter((part) => part !== null);
  }
}
