// Jobs that are late or failed, by their cause, with the command that mends each.
import { make } from "../dom.js";
import { duration, number } from "../format.js";
import { chips, countedAt, mending, middle, sentence } from "../parts.js";
import { link } from "../router.js";
import { finite, list, object, text, words } from "../values.js";

function counted(types) {
  return Object.entries(object(types) ?? {}).map(([type, count]) => ["", `${type}: ${number(count)}`]);
}

function sinceWhen({ oldest_age_seconds: age }) {
  return finite(age) === null ? "" : `The oldest for ${duration(Math.floor(age))}.`;
}

function group(one) {
  const title = text(one.title) ?? text(one.cause) ?? "Unknown", code = text(one.code);
  const ids = words(one.first_ids).slice(0, 10), types = counted(one.types);
  const parts = [
    make("div", [
      make("strong", number(one.count), { class: "count" }), make("h3", title),
    ], { class: "row" }),
    sentence(sinceWhen(one)),
  ];
  if (types.length) parts.push(chips(types));
  if (text(one.mend) !== null) parts.push(mending(one.mend));
  if (code !== null) parts.push(link("All of them", "jobs", null, { state: "FAILED", error: code }));
  if (ids.length) {
    const links = ids.map((id) => link(middle(id), "jobs", id, {}, { title: id }));
    parts.push(make("ul", links.map((one) => make("li", [one])), { class: "row ids" }));
  }
  return make("li", parts, { class: "card stack" });
}

export function late(value) {
  const groups = list(value.groups).filter((one) => object(one) !== null);
  const none = "No job is late, and none failed in the last 24 hours.";
  const parts = [groups.length ? make("ul", groups.map(group), { class: "grid" }) : sentence(none, "notice good")];
  if (value.complete === false) parts.push(sentence("There are more than were looked at."));
  return [...parts, countedAt(value.as_of)];
}
