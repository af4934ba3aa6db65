// The page of jobs.
import { make } from "../dom.js";

export function open(root) {
  root.append(make("h1", "Jobs"));
}
