// The page of overview.
import { make } from "../dom.js";

export function open(root) {
  root.append(make("h1", "Overview"));
}
