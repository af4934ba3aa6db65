// Begin: take the key out of the address, then show the page that the hash names. A page loads when it is first opened.
import { begin, imagesPath, onKey, takeKey, watchTab } from "./api.js";
import { $ } from "./dom.js";
import { parse, reopen, start } from "./router.js";

const { page, id, params } = parse(location.hash);
takeKey();
if (page === "images" && id === null) begin(imagesPath(params)); // the page of images still loads
onKey(reopen);
watchTab();
$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the hash names the page
  $("main").focus();
});
start({
  "images": () => import("./pages/images.js"),
  "images/": () => import("./pages/image.js"),
  "jobs": () => import("./pages/jobs.js"),
  "jobs/": () => import("./pages/job.js"),
  "overview": () => import("./pages/overview.js"),
});
