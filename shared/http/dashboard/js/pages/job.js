// The page of job.
import { make } from "../dom.js";

export function open(root) {
  root.append(make("h1", "Job"));
}
