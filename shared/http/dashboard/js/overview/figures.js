// How many jobs there are, and whether what should go on by itself goes on.
import { make } from "../dom.js";
import { ago, duration, number } from "../format.js";
import { countedAt, facts, sentence, table, when } from "../parts.js";
import { link } from "../router.js";
import { brief, finite, list, object, text } from "../values.js";

const STATES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"];

function tile(term, value, isBad = false) {
  return make("div", [make("dt", term), make("dd", value, { class: isBad ? "bad" : "" })], { class: "card" });
}

function upkeep(ages) {
  return Object.entries(object(ages) ?? {}).map(([name, one]) => {
    const age = ago(one?.age_seconds), isLate = one?.late === true;
    return tile(`Last ${name}`, isLate ? `${age}, late` : age, isLate);
  });
}

// Queues, what is poison or missed, and the oldest due job.
export function figures(stats) {
  const oldest = finite(stats.oldest_due_age_seconds), poison = finite(stats.poison), missed = finite(stats.missed);
  return [
    make("dl", [
      tile("Oldest due job", oldest === null ? "none" : duration(Math.floor(oldest))),
      tile("Poison messages", number(poison), poison > 0),
      tile("Missed images", missed === null ? "not known" : number(missed), missed > 0),
      tile("Reports that came too late", number(stats.stale_reports_total)), ...upkeep(stats.upkeep),
    ], { class: "figures" }),
    countedAt(stats.as_of),
  ];
}

// Jobs by type and state; each number leads to its jobs.
export function counts(stats) {
  const types = Object.entries(object(stats.jobs) ?? {});
  if (types.length === 0) return [sentence("There are no jobs yet.", "empty")];
  const rows = types.map(([type, some]) => [
    [link(type, "jobs", null, { type })],
    ...STATES.map((state) => [cell(type, state, finite(some?.[state]) ?? 0)]),
  ]);
  const caption = stats.capped ? "Jobs by type and state; some are more than was counted" : "Jobs by type and state";
  return [table(caption, ["Type", ...STATES.map(title)], rows, { class: "stacks numbers" })];
}

function cell(type, state, count) {
  if (count === 0) return make("span", "0", { class: "faint" });
  return link(number(count), "jobs", null, { type, state }, { "aria-label": `${number(count)} ${state} of ${type}` });
}

function title(state) {
  return state.charAt(0) + state.slice(1).toLowerCase();
}

// Who holds which lock.
export function locks(value) {
  const items = list(value.items).filter((one) => object(one) !== null);
  if (items.length === 0) return [sentence("No lock was ever taken.", "empty")];
  const rows = items.map((one) => [
    text(one.name) ?? "–", text(one.holder) ?? "free", when(one.lease_until), when(one.done_at),
  ]);
  return [table("Locks, each held by one instance at a time", ["Lock", "Holder", "Lease until", "Last done"], rows)];
}

// Layers of confinement, each with what is said of it.
function named(layers) {
  const entries = Object.entries(object(layers) ?? {});
  const each = entries.map(([name, said]) => (said === "" ? name : `${name} (${brief(said)})`));
  return each.join(", ").replaceAll("_", " ");
}

// Whether storage responds, and what runs here.
export function health(value) {
  const isOk = value.status === "ok";
  const versions = Object.entries(object(value.versions) ?? {});
  const entries = versions.map(([name, one]) => [name.replaceAll("_", " "), brief(one)]);
  const layers = named(value.confinement?.layers), refused = named(value.confinement?.refused);
  return [
    make("p", isOk ? "Storage responds, and timers do their work." : "Storage responds, but a timer is late.", {
      class: `notice ${isOk ? "good" : "bad"}`,
    }),
    facts([
      ...entries, ["confinement", text(value.confinement?.mode)], ["layers", layers || null],
      ["layers that are missing", refused ? [make("span", refused, { class: "warned" })] : null],
    ]),
  ];
}
