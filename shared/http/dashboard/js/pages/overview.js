// The whole service on one page: figures, what is late and what mends it, locks, rejected messages, operators.
import { query, read } from "../api.js";
import { button, make, say } from "../dom.js";
import { counts, figures, health, locks } from "../overview/figures.js";
import { history } from "../overview/history.js";
import { late } from "../overview/late.js";
import { operations } from "../overview/operations.js";
import { rejected } from "../overview/rejected.js";
import { section, sentence } from "../parts.js";
import { note } from "../router.js";

export const style = ["tables.css", "details.css"];

const ROUND_MS = 60000, HOURS = ["1", "3", "6", "12", "24"], USUAL_HOURS = "6";

// A part of the page, which is asked for by itself: what it can't show leaves the others as they are.
// Args: its title, `path()`, `draw(answer)` that returns nodes, what stands above it, and who may see it.
function part(title, path, draw, { above = [], forWhom = "This key may not see this part." } = {}) {
  const body = make("div", [make("div", "", { class: "skeleton" })], { class: "stack" });
  let drawn = null;
  const show = (mark, nodes) => {
    if (mark !== drawn) body.replaceChildren(...nodes());
    drawn = mark;
  };
  const load = async () => {
    try {
      const answer = await read(path());
      show(JSON.stringify(answer), () => draw(answer));
    } catch (error) {
      if (error.status !== 403) {
        if (drawn === null) body.replaceChildren(sentence("This can't be shown now."));
        throw error;
      }
      above.forEach((one) => { one.hidden = true; });
      show("", () => [sentence(forWhom)]);
    }
  };
  return { node: section(title, [...above, body]), load };
}

// How many hours the plots show. The choice stands in the address.
class Hours {
  constructor(given, changed) {
    this.value = HOURS.includes(given) ? given : USUAL_HOURS;
    this.buttons = HOURS.map((one) => button(`${one} h`, () => {
      this.choose(one);
      changed();
    }, { class: "chip" }));
    this.node = make("div", this.buttons, { class: "row", role: "group", "aria-label": "Hours shown" });
    this.mark();
  }

  choose(one) {
    this.value = one;
    this.mark();
    note({ hours: one === USUAL_HOURS ? "" : one }, { replace: true });
  }

  mark() {
    this.buttons.forEach((one, at) => one.setAttribute("aria-pressed", String(HOURS[at] === this.value)));
  }
}

// All parts, asked for again each minute while somebody looks.
class Rounds {
  constructor(parts) {
    Object.assign(this, { parts, timer: 0, isOpen: true, isDue: false });
    this.see = () => { if (this.isDue && !document.hidden) this.run(); };
    document.addEventListener("visibilitychange", this.see);
  }

  async run(some = this.parts) {
    clearTimeout(this.timer);
    this.isDue = false;
    const ends = await Promise.allSettled(some.map((one) => one.load()));
    if (!this.isOpen) return;
    const failed = ends.filter(({ reason }) => reason).map(({ reason }) => reason);
    say("trouble", [...new Set(failed.map(({ message }) => message))].join(" "));
    this.wait(Math.max(ROUND_MS, ...failed.map(({ waitMs }) => waitMs ?? 0)));
  }

  wait(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isDue = document.hidden;
      if (!this.isDue) this.run();
    }, ms);
  }

  close() {
    this.isOpen = false;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.see);
  }
}

export function open(root, params) {
  const hours = new Hours(params.hours, () => rounds.run([past]));
  const past = part("The last hours", () => `stats/history${query({ hours: hours.value })}`, history, {
    above: [hours.node],
  });
  const acts = part("What operators did", () => "actions?limit=100", operations, {
    forWhom: "Only an operator's key may see this part.",
  });
  const messages = rejected(() => rounds.run([messages, acts]));
  const rounds = new Rounds([
    part("Figures", () => "stats", (stats) => [...figures(stats), ...counts(stats)]),
    past, part("Late and failed jobs", () => "why", late), messages, acts,
    part("Locks", () => "locks", locks), part("Health", () => "health", health),
  ]);
  const again = button("Refresh", () => rounds.run(), { class: "push" });
  const head = make("header", [make("h1", "Overview"), again], { class: "head" });
  root.append(head, ...rounds.parts.map(({ node }) => node));
  rounds.run();
  return () => {
    rounds.close();
    messages.close();
  };
}
