// How numbers and times read.
import { make } from "./dom.js";

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];
const SIZES = ["bytes", "kB", "MB", "GB", "TB"];

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
export const number = (value) => (isNumber(value) ? whole.format(value) : "–");
export const decimal = (value) => (isNumber(value) ? short.format(value) : "–");
export const percent = (value) => (isNumber(value) ? share.format(value) : "–");

export function bytes(count) {
  if (!isNumber(count)) return "–";
  const power = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(count, 1)) / 3)));
  return `${short.format(count / 1000 ** power)} ${SIZES[power]}`;
}

// A length of time; below ten seconds with its fractions.
export function duration(seconds) {
  if (!isNumber(seconds)) return "–";
  const [size, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, "s"];
  return seconds < 10 ? `${short.format(seconds)} s` : `${whole.format(Math.floor(seconds / size))} ${unit}`;
}

export function ago(seconds) {
  return isNumber(seconds) ? `${duration(Math.floor(seconds))} ago` : "never";
}

// A moment in the viewer's zone, with the UTC beside it.
export function moment(text) {
  const at = new Date(text ?? NaN);
  if (Number.isNaN(at.getTime())) return make("span", text ?? "–");
  return make("time", zoned.format(at), { datetime: text, title: `${text} (UTC)` });
}

// An error of a job, in one line.
export function cause(error) {
  return `${error?.code ?? "unknown"}: ${error?.message ?? ""}`;
}
