// The page of images: a gallery of the newest.
import { poll, query } from "../api.js";
import { keep, make, stateOf } from "../dom.js";
import { link } from "../router.js";

export function open(root) {
  const list = make("ul", "", { class: "grid" });
  root.append(make("h1", "Images"), list);
  const images = poll(() => `images${query({ order: "newest", brief: true, limit: 24 })}`, ({ items }) => {
    keep(list, items, (image) => image.image_id, (image) => (
      make("li", [link(image.name, "images", image.image_id), stateOf(image.state)], { class: "card stack" })
    ));
    return items.some(({ state }) => state === "PENDING" || state === "RUNNING");
  });
  return () => images.close();
}
