// Begin: take the key out of the address, then show the page that the hash names. A page loads when it is first opened.
import { takeKey, onKey, watchTab } from "./api.js";
import { $, make } from "./dom.js";
import { reopen, start } from "./router.js";

let style = null;

takeKey();
onKey(reopen);
watchTab();
$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the hash names the page
  $("main").focus();
});
start({
  "images": () => import("./pages/images.js"),
  "images/": () => detailed(import("./pages/image.js")),
  "jobs": () => detailed(import("./pages/jobs.js")),
  "jobs/": () => detailed(import("./pages/job.js")),
  "overview": () => detailed(import("./pages/overview.js")),
});

// A page with the style that the first page does without. If that style can't be had, the page is shown without it.
async function detailed(module) {
  style ??= new Promise((resolve) => {
    const node = make("link", "", { rel: "stylesheet" });
    node.href = $("frame").getAttribute("href").replace("frame.css", "details.css");
    for (const end of ["load", "error"]) node.addEventListener(end, resolve);
    document.head.append(node);
  });
  const [loaded] = await Promise.all([module, style]);
  return loaded;
}
