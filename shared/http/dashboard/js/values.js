// Values of which nobody knows the shape, because a worker has posted them. Each function takes any JSON, and returns
// what it is asked for, or null where the value is something else. None of them throws.
const MOST = 300;
const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });

export function object(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

export function list(value) {
  return Array.isArray(value) ? value : [];
}

export function text(value) {
  return typeof value === "string" && value !== "" ? value : null;
}

export function finite(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// A colour as reports write it.
export function color(value) {
  return typeof value === "string" && /^#[0-9a-f]{6}$/.test(value) ? value : null;
}

// The strings of a list, each once; everything else in it is left out.
export function words(value) {
  return [...new Set(list(value).filter((one) => text(one) !== null))];
}

// A value in one line, cut where it is long.
export function brief(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return plain.format(value);
  const whole = typeof value === "string" ? value : json(value, 0);
  return whole.length > MOST ? `${whole.slice(0, MOST)}…` : whole;
}

// A value as JSON. What is nested too deeply to be written is said to be so.
export function json(value, indent = 2) {
  try {
    return JSON.stringify(value, null, indent) ?? "–";
  } catch {
    return "This JSON is nested too deeply to be shown.";
  }
}

// Whether there is anything in a value that is worth a fold.
export function isEmpty(value) {
  return value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
}
