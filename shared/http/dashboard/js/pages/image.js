// One image: its thumbnail, its report as cards, and what can be done with its job.
import { actions } from "../actions.js";
import { call, jobPath, poll } from "../api.js";
import { paint } from "../blurhash.js";
import { make, say, stateOf } from "../dom.js";
import { cause, moment } from "../format.js";
import { copyable, ENDED, facts, section, sentence } from "../parts.js";
import { cards } from "../report.js";
import { link } from "../router.js";
import { color, finite, text } from "../values.js";

export const style = ["tables.css", "details.css"];

export function open(root, { id }) {
  const page = new ImagePage(id);
  root.append(...page.nodes);
  page.start();
  return () => page.close();
}

class ImagePage {
  constructor(id) {
    Object.assign(this, { place: `images/${encodeURIComponent(id)}`, isOpen: true, image: null });
    Object.assign(this, { picture: null, buttons: null });
    this.title = make("h1", "Image");
    this.state = make("div", "Loading…", { class: "row", role: "status" });
    this.frame = make("div", [], { class: "large picture" });
    this.acts = make("div");
    this.facts = make("div", [], { class: "card" });
    this.report = make("div", [], { class: "stack" });
    const head = make("header", [this.title, this.state], { class: "stack lead" });
    const beside = make("div", [this.acts, this.facts], { class: "stack" });
    this.nodes = [head, make("div", [this.frame, beside], { class: "beside" }), this.report];
  }

  start() {
    this.image = poll(() => this.place, (image) => this.draw(image), (error) => {
      if (error.status === 404) this.empty();
      return error.status === 404;
    });
  }

  close() {
    this.isOpen = false;
    this.image.close();
    release(this.frame);
  }

  empty() {
    this.close();
    this.state.replaceChildren(sentence("This image is not there (any more)."), link("All images", "images"));
    [this.acts, this.facts, this.report, this.frame].forEach((part) => part.replaceChildren());
  }

  draw(image) {
    say(this.title, text(image.name) ?? "Image");
    document.title = `${this.title.textContent} – Darkroom`;
    this.state.replaceChildren(...stateLine(image));
    this.facts.replaceChildren(facts(factsOf(image)));
    this.report.replaceChildren(...reportOf(image.job));
    this.allow(image.job);
    this.show(image);
    return Boolean(image.job) && !ENDED.has(image.job.state);
  }

  // Another version of the image has another job, and other buttons.
  allow(job) {
    if (!job) {
      this.buttons = null;
      this.acts.replaceChildren();
      return;
    }
    if (this.buttons?.id !== job.id) {
      const made = actions(job.id, { version: () => versionOf(this.buttons.job), done: () => this.image.now() });
      this.buttons = { id: job.id, ...made };
      this.acts.replaceChildren(made.node);
    }
    this.buttons.job = job;
    this.buttons.allow(job.state);
  }

  // The same picture stays.
  show({ etag, job }) {
    const report = job?.report, picture = JSON.stringify([etag, job?.id, report?.thumbnail, report?.placeholder]);
    if (picture === this.picture) return;
    this.picture = picture;
    release(this.frame);
    const isBlurred = blur(this.frame, report);
    if (report?.thumbnail) this.load(picture);
    else if (!isBlurred) this.frame.append(sentence("There is no thumbnail."));
  }

  async load(picture) {
    try {
      const thumbnail = await (await call(`${this.place}/thumbnail`)).blob();
      if (this.isOpen && picture === this.picture) hang(this.frame, thumbnail, this.title.textContent);
    } catch (error) {
      if (!this.isOpen || picture !== this.picture) return;
      this.frame.append(sentence(`The thumbnail can't be shown. ${error.message}`));
    }
  }
}

// Show what stands for a thumbnail until it is there: a mean colour, and a blurred picture if there is one.
function blur(frame, report) {
  const canvas = make("canvas", "", { width: 32, height: 24, "aria-hidden": "true" });
  const isPainted = paint(canvas, report?.placeholder?.blurhash);
  const ratio = finite(report?.thumbnail?.width_px) / finite(report?.thumbnail?.height_px);
  frame.replaceChildren(...(isPainted ? [canvas] : []));
  frame.style.backgroundColor = color(report?.color?.mean) ?? "";
  frame.style.aspectRatio = ratio > 0.1 && ratio < 10 ? String(ratio) : "";
  return isPainted;
}

// The version tag of a job as the page shows it; there is none if the job has changed meanwhile.
async function versionOf(job) {
  const response = await call(jobPath(job.id)), current = await response.json();
  if (current.updated_at !== job.updated_at) throw new Error("The job has changed. Look at it again, then decide.");
  return response.headers.get("ETag");
}

function hang(place, thumbnail, name) {
  const url = URL.createObjectURL(thumbnail), node = make("img", "", { alt: `Thumbnail of ${name}` });
  node.addEventListener("load", () => place.querySelector("canvas")?.remove(), { once: true });
  node.addEventListener("error", () => node.remove(), { once: true });
  node.src = url;
  place.url = url;
  place.append(node);
}

function release(place) {
  if (place.url) URL.revokeObjectURL(place.url);
  place.url = null;
}

function stateLine({ state, job }) {
  const line = [stateOf(text(state))];
  const progress = finite(job?.progress);
  if (job) line.push(link("Its job", "jobs", job.id));
  else line.push(sentence("Its job was purged."));
  if (progress !== null && !ENDED.has(job.state)) {
    line.push(make("progress", "", { value: progress, "aria-label": "Progress" }));
  }
  if (job?.error && job.state !== "COMPLETED") line.push(make("span", cause(job.error), { class: "bad" }));
  return line;
}

function factsOf({ image_id: id, etag, ended_at: ended, job }) {
  return [
    ["id", [copyable(id, "the id")]], ["version", text(etag) === null ? null : [copyable(etag, "the version")]],
    ["added", text(job?.created_at) === null ? null : [moment(job.created_at)]],
    ["ended", text(ended) === null ? null : [moment(ended)]],
  ];
}

function reportOf(job) {
  if (!job) return [];
  if (!ENDED.has(job.state) && !job.report) return [sentence("The report comes when the analysis is done.")];
  return [section("Report", cards(job.report))];
}
