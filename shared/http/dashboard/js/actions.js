// What an operator may do with one job. Each button sends in If-Match the version of the job that the page shows.
import { call, jobPath } from "./api.js";
import { ask } from "./ask.js";
import { button, make } from "./dom.js";
import { ENDED } from "./parts.js";

const ACTS = {
  cancel: {
    verb: "Cancel", allowed: (state) => state === "PENDING" || state === "RUNNING", method: "POST", place: "/cancel",
    question: "Cancel this job?", details: ["It ends as CANCELED. A worker that holds it loses its claim."],
    done: "The job is canceled.",
  },
  redrive: {
    verb: "Redrive", allowed: (state) => state === "FAILED" || state === "CANCELED", method: "POST", place: "/redrive",
    question: "Open this job again?", details: ["It is due at once, with all of its attempts."],
    done: "The job is open again.",
  },
  delete: {
    verb: "Delete", allowed: (state) => ENDED.has(state), method: "DELETE", place: "",
    question: "Delete this job for good?",
    details: ["Its row, its attempts and its thumbnail go. Nothing brings them back."],
    choices: { forget: "and forget that it was ever added, so that it can be added again" },
    done: "The job is deleted.",
  },
};

// Buttons for a job. `version()` resolves to its ETag; `done(name)` is called after each change, and each refusal.
export function actions(id, { version, done }) {
  const trouble = make("p", "", { class: "bad", role: "alert" }), news = make("p", "", { role: "status" });
  const buttons = Object.entries(ACTS).map(([name, act]) => (
    { name, act, node: button(act.verb, () => run(name, act), { disabled: true }) }
  ));
  const allow = (state) => buttons.forEach(({ act, node }) => { node.disabled = !act.allowed(state); });

  async function run(name, act) {
    const chosen = await ask(act.question, act.verb, { details: [id, ...act.details], choices: act.choices ?? {} });
    if (chosen === null) return;
    allow(null);
    trouble.textContent = "";
    news.textContent = "";
    try {
      const tail = chosen.includes("forget") ? "?forget=true" : "";
      const tag = await version();
      await call(jobPath(id) + act.place + tail, {
        method: act.method, headers: tag === null ? {} : { "If-Match": tag },
      });
      news.textContent = act.done;
    } catch (error) {
      trouble.textContent = error.message;
      done(null);
      return;
    }
    done(name);
  }

  const row = make("div", buttons.map((one) => one.node), { class: "row" });
  const node = make("div", [row, news, trouble], { class: "stack" });
  return { node, allow };
}
