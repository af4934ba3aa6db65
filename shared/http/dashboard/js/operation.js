// One operation on many jobs: batches under one id, repeated until each of them is decided.
const BATCH = 100;
const MOST_OF_FILTER = 1024;
const TRIES = 5, FIRST_PAUSE_MS = 500;
// How a job is refused that an earlier call did act on, whose answer was lost.
const DONE_BEFORE = { redrive: "live", delete: "no_such_job" };

export class Operation {
  // Args: action. items: with `id`, and `created_at` and `ended_at` where `asOf`. filter: what they were chosen by.
  //       send(body): posts a batch, and returns its answer.
  constructor({ action, items, asOf, forget = false, filter, send }) {
    Object.assign(this, { action, send, total: items.length, stopped: false, trouble: null });
    Object.assign(this, { queue: items.map(({ id }) => id), doneIds: [], refused: new Map(), refusals: 0 });
    this.unsure = new Set(); // sent, and not decided
    this.fields = { action, operation: randomId(), filter: shortened(filter) };
    if (asOf) this.fields.as_of = momentAfter(items, action === "cancel" ? "created_at" : "ended_at");
    if (forget) this.fields.forget = true;
  }

  get open() { return this.queue.length; }
  get decided() { return this.total - this.queue.length; }

  // Stop after the batch that is under way; `run` goes on from there.
  stop() {
    this.stopped = true;
    this.wake?.();
  }

  // Send batch after batch; what storage could not decide is sent again, later.
  async run(progress) {
    Object.assign(this, { stopped: false, trouble: null });
    for (let tries = 0; this.queue.length > 0 && !this.stopped;) {
      progress();
      const before = this.queue.length;
      const waitMs = await this.attempt(this.queue.slice(0, BATCH));
      tries = this.queue.length < before ? 0 : tries + 1;
      if (waitMs === null || tries >= TRIES) break;
      if (tries > 0) await this.pause(Math.max(waitMs, FIRST_PAUSE_MS * 2 ** tries));
    }
    progress();
  }

  // Send one batch; return for how long to wait if nothing of it was decided, and null if sending again has no use.
  async attempt(ids) {
    try {
      const { results } = await this.send({ ...this.fields, ids });
      const unknown = results.filter(({ outcome }) => outcome === "unknown");
      const open = new Set(unknown.map(({ id }) => id));
      results.filter(({ id }) => !open.has(id)).forEach((result) => this.take(result));
      open.forEach((id) => this.unsure.add(id));
      this.queue = [...this.queue.slice(ids.length), ...ids.filter((id) => open.has(id))];
      this.trouble = unknown.length ? unknown[0].detail ?? unknown[0].code : null;
      return 0;
    } catch (error) {
      this.trouble = error.message;
      const passes = error.status === 0 || error.status === 429 || error.status >= 500;
      ids.forEach((id) => this.unsure.add(id));
      return passes ? error.waitMs ?? 0 : null;
    }
  }

  take({ id, outcome, code, detail }) {
    if (outcome === "done" || (this.unsure.has(id) && code === DONE_BEFORE[this.action])) {
      this.doneIds.push(id);
      return;
    }
    this.refusals += 1;
    const reason = this.refused.get(code) ?? { count: 0, detail: detail ?? "" };
    this.refused.set(code, { ...reason, count: reason.count + 1 });
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

// Just after the newest of these moments: what has ended, or was added, since then was not seen, and is left alone.
export function momentAfter(items, field) {
  const moments = items.map((item) => Date.parse(item[field] ?? "")).filter((ms) => !Number.isNaN(ms));
  return moments.length ? new Date(Math.max(...moments) + 1).toISOString() : undefined;
}

function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The log takes so many bytes of a filter; a longer one must not keep the operation from beginning.
function shortened(filter) {
  return new TextEncoder().encode(JSON.stringify(filter)).length <= MOST_OF_FILTER ? filter : { too_long: true };
}
