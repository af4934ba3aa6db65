// The page of image.
import { make } from "../dom.js";

export function open(root) {
  root.append(make("h1", "Image"));
}
