// How uploads are chosen and shown: a button, files that are dropped anywhere, one line of progress, and what failed.
import { button, field, make, say } from "./dom.js";
import { bytes, number } from "./format.js";
import { Uploads, filesOf, nameOf } from "./upload.js";

const LINES = 20;
const uploads = new Uploads();

// Args: accepted(image): called for each that the service has taken.
// Returns `{ node, controls, close() }`: what shows the uploads, and what begins them.
export function uploadPanel({ accepted }) {
  const files = make("input", "", { type: "file", multiple: true, accept: "image/*", hidden: true });
  const folder = make("input", "", { type: "text", maxlength: "900", autocomplete: "off", placeholder: "none" });
  const replace = make("input", "", { type: "checkbox" });
  const options = make("details", [
    make("summary", "Options", { title: "Options of uploads" }),
    make("div", [
      field("Into the folder", folder), field("Replace images of the same name", replace),
    ], { class: "stack" }),
  ], { class: "options" });
  const status = make("div", "", { class: "stack" });
  const node = make("section", [status, files], { class: "uploads", "aria-label": "Upload" });

  function add(chosen) {
    const below = folder.value.trim().replace(/^\/+|\/+$/g, "");
    uploads.add(chosen.map(({ file, name }) => ({ file, name: below ? `${below}/${name}` : name })), {
      replace: replace.checked,
    });
  }

  files.addEventListener("change", () => {
    const chosen = [...files.files].map((file) => ({ file, name: nameOf(file) }));
    files.value = ""; // so that the same files can be chosen again
    add(chosen);
  });
  const unlisten = takeDrops(add);
  Object.assign(uploads, { accepted, changed: () => show(status) });
  show(status);
  return {
    node,
    controls: [options, button("Upload images", () => files.click(), { class: "primary" })],
    close() {
      unlisten();
      Object.assign(uploads, { accepted: () => {}, changed: () => {} });
    },
  };
}

function takeDrops(add) {
  const names = ["dragover", "dragleave", "drop"];
  const listen = async (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") add(await filesOf(event.dataTransfer));
  };
  names.forEach((name) => document.addEventListener(name, listen));
  return () => names.forEach((name) => document.removeEventListener(name, listen));
}

function show(status) {
  const { files, open, total, loaded } = uploads;
  if (files.length === 0) {
    status.replaceChildren();
    return;
  }
  const count = `${number(files.length - open.length)} of ${number(files.length)}`;
  if (open.length > 0) showProgress(status, count, loaded, total);
  else showEnd(status);
}

function showProgress(status, count, loaded, total) {
  let bar = status.querySelector("progress");
  if (bar === null) { // made once, so that the button keeps the focus
    bar = make("progress", "", { "aria-label": "Uploaded" });
    const stop = button("Stop", () => uploads.stop());
    status.replaceChildren(make("div", [make("p"), stop], { class: "row" }), bar);
  }
  bar.max = Math.max(total, 1);
  bar.value = loaded;
  const waits = uploads.of("runs").find(({ trouble }) => trouble !== null);
  const text = `Uploading: ${count} done, ${bytes(loaded)} of ${bytes(total)}.`;
  say(status.querySelector("p"), waits ? `${text} Trying again: ${waits.trouble}` : text);
}

function showEnd(status) {
  const [done, there, failed] = ["done", "there", "failed"].map((state) => uploads.of(state));
  const parts = [`${number(done.length)} uploaded`];
  if (there.length) parts.push(`${number(there.length)} left as they are, because their names are taken`);
  if (failed.length) parts.push(`${number(failed.length)} failed`);
  const text = `${parts.join(", ")}.`;
  say("spoken", text);
  const lines = failed.slice(0, LINES).map(({ name, trouble }) => make("li", `${name}: ${trouble}`));
  if (failed.length > LINES) lines.push(make("li", `and ${number(failed.length - LINES)} more`));
  const dismiss = button("Dismiss", () => uploads.dismiss(), { class: "quiet" });
  const again = failed.length ? button("Try again", () => uploads.again(), { class: "primary" }) : null;
  status.replaceChildren(...[
    make("div", [make("p", text), again, dismiss], { class: "row" }),
    lines.length ? make("ul", lines, { class: "reasons bad" }) : null,
  ].filter((part) => part !== null));
}
