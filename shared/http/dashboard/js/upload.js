// Uploads: four at once, each with its progress. They go on while another page is shown, and until they are done.
// An upload never replaces an image unless that is wanted: `If-None-Match: *` also makes it harmless to send one again
// whose answer was lost, and to choose the same files again after a break.
import { Refusal, refusalOf, withKey } from "./api.js";

const AT_ONCE = 4, TRIES = 4, FIRST_PAUSE_MS = 1000;
const UNREADABLE = "The response can't be read. Something else than the service may have sent it. Try again.";
const TYPE = /^image\/[\w.+-]+$/;

export class Uploads {
  // Args: changed(): something has moved on. accepted(image): the service has taken one: `{ image_id, id, name }`.
  constructor() {
    Object.assign(this, { files: [], running: new Map(), changed: () => {}, accepted: () => {} });
    addEventListener("beforeunload", (event) => { if (this.open.length) event.preventDefault(); });
  }

  of(...states) { return this.files.filter(({ state }) => states.includes(state)); }
  get open() { return this.of("waits", "runs"); }
  get total() { return this.files.reduce((sum, { file }) => sum + file.size, 0); }
  get loaded() { return this.files.reduce((sum, one) => sum + (one.state === "waits" ? 0 : one.loaded), 0); }

  // Args: files: `[{ file, name }]`, names as they will be stored.
  add(files, { replace }) {
    if (this.open.length === 0) this.files = [];
    for (const { file, name } of files) {
      this.files.push({ file, name, replace, state: "waits", loaded: 0, tries: 0, trouble: null });
    }
    this.fill();
  }

  again() {
    this.of("failed").forEach((one) => Object.assign(one, { state: "waits", loaded: 0, tries: 0 }));
    this.fill();
  }

  stop() {
    this.running.forEach((halt) => halt());
    this.open.forEach((one) => this.mark(one, "failed", "Stopped."));
    this.changed();
  }

  dismiss() {
    this.files = this.open;
    this.changed();
  }

  fill() {
    while (this.running.size < AT_ONCE) {
      const next = this.files.find(({ state }) => state === "waits");
      if (next === undefined) break;
      this.send(next);
    }
    this.changed();
  }

  send(one) {
    let path;
    try {
      path = imagePath(one.name);
    } catch (error) {
      this.mark(one, "failed", error.message);
      return;
    }
    const request = new XMLHttpRequest();
    one.state = "runs";
    this.running.set(one, () => request.abort());
    request.open("PUT", path);
    const headers = { "Content-Type": TYPE.test(one.file.type) ? one.file.type : "application/octet-stream" };
    if (!one.replace) headers["If-None-Match"] = "*";
    Object.entries(withKey(headers)).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = ({ loaded }) => {
      one.loaded = Math.min(loaded, one.file.size);
      this.changed();
    };
    request.onload = () => this.answered(one, request);
    request.onerror = () => this.refused(one, { status: 0, message: "The service did not respond.", waitMs: 0 });
    request.send(one.file);
  }

  answered(one, request) {
    if (request.status === 202) {
      const job = jobOf(request.responseText);
      if (job === null) {
        this.end(one, "failed", UNREADABLE);
        return;
      }
      this.accepted({ ...job, name: one.name });
      this.end(one, "done");
    } else if (request.status === 412 && !one.replace) {
      this.end(one, "there");
    } else {
      this.refused(one, refusalOf(request.status, (name) => request.getResponseHeader(name), request.responseText));
    }
  }

  // What passes is tried again, later; its place is kept meanwhile.
  refused(one, { status, message, waitMs }) {
    one.tries += 1;
    if ((status !== 0 && status !== 429 && status < 500) || one.tries >= TRIES) {
      this.end(one, "failed", message);
      return;
    }
    const timer = setTimeout(() => this.send(one), Math.max(waitMs, FIRST_PAUSE_MS * 2 ** (one.tries - 1)));
    Object.assign(one, { loaded: 0, trouble: message });
    this.running.set(one, () => clearTimeout(timer));
    this.changed();
  }

  mark(one, state, trouble = null) {
    Object.assign(one, { state, trouble, loaded: state === "failed" ? 0 : one.file.size });
    this.running.delete(one);
  }

  end(one, state, trouble) {
    this.mark(one, state, trouble);
    this.fill();
  }
}

// Return the job of an image that the service has taken, `{ image_id, id }`; null where the text names none.
function jobOf(text) {
  try {
    const { image_id, id } = JSON.parse(text);
    return typeof image_id === "string" && typeof id === "string" ? { image_id, id } : null;
  } catch {
    return null;
  }
}

// Return the files of a drop with their names, those in folders too.
export async function filesOf(transfer) {
  const entries = [...(transfer.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, name: nameOf(file) }));
  return (await Promise.all(entries.map((entry) => filesBelow(entry)))).flat();
}

export function nameOf(file) {
  return file.webkitRelativePath || file.name;
}

async function filesBelow(entry) {
  const name = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return [{ file: await new Promise((resolve, reject) => { entry.file(resolve, reject); }), name }];
  const reader = entry.createReader(), found = [];
  for (;;) { // a reader gives some hundred at a time, and none at the end
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (some.length === 0) return found;
    for (const one of some) found.push(...await filesBelow(one));
  }
}

// A browser resolves "." and "..", escaped or not, and the Functions host decodes a path twice: such a name would be
// another's place.
export function imagePath(name) {
  const parts = name.split("/");
  if (parts.some((part) => part === "." || part === "..")) {
    throw new Refusal("A name can't have “.” or “..” between slashes.");
  }
  if (/%[0-9a-f]{2}/i.test(name)) {
    throw new Refusal("The name has a percent sign before two hexadecimal digits, which no URL can carry. Rename it.");
  }
  return `images/${parts.map(encodeURIComponent).join("/")}`;
}
