// A report as cards. It is whatever a worker has posted: each card takes what it knows how to show, lists what it does
// not know, and stands alone, so that one that can't be shown leaves all others.
import { make } from "./dom.js";
import { bytes, percent } from "./format.js";
import { judgements } from "./judgements.js";
import { card, chips, copyable, facts, fold, sentence } from "./parts.js";
import { share } from "./plots.js";
import { brief, color, finite, isEmpty, list, object, text, words } from "./values.js";

const FLAG = /^[a-z][a-z0-9_-]{0,63}$/;
const MOST = 40, MOST_FLAGS = 16;

export const FLAGS = {
  blurred: "blurred", dark: "dark", bright: "bright", low_contrast: "low contrast", gps: "has a place",
  ai: "made by AI", partial: "partial report", type_mismatch: "another type",
};
const WARNINGS = {
  icc_ignored: "The colour profile is broken or for another kind of image, and was ignored.",
  transparency_ignored: "A transparent colour is broken, and was ignored.",
  frames_ignored: "Some frames or pages are missing, and were ignored.",
  trailer_missing: "The file has no proper end.",
  content_encoding_ignored: "The blob says that it is compressed, but it is not.",
  exif_unreadable: "The EXIF data can't be read.", xmp_unreadable: "The XMP data can't be read.",
  gps_unreadable: "The position can't be read.",
  metadata_left_out: "Some metadata was left out: there is too much of it.",
  analyzer_failed: "An analyzer failed:", analyzer_too_large: "The section of an analyzer was too large:",
};

// The flags of a report, as lists of the API have them: shared/rules/report_flags.py.
export function flagsOf(report) {
  const given = new Set(words(report?.quality?.flags).filter((one) => FLAG.test(one)));
  const own = {
    gps: report?.privacy?.has_gps === true, ai: text(report?.provenance?.ai_hint) !== null,
    partial: report?.status === "partial", type_mismatch: report?.source?.type_mismatch === true,
  };
  const others = [...given].filter((one) => !Object.hasOwn(own, one)).sort().slice(0, MOST_FLAGS - 4);
  return [...others, ...Object.keys(own).filter((one) => own[one] || given.has(one))].sort();
}

export function flagText(flag) {
  return Object.hasOwn(FLAGS, flag) ? FLAGS[flag] : flag;
}

export function flagChips(flags) {
  return chips(flags.map((flag) => ["warn", flagText(flag)]));
}

function warningText(warning) {
  const [code, ...name] = warning.split(":");
  return Object.hasOwn(WARNINGS, code) ? [WARNINGS[code], ...name].join(" ") : warning;
}

// What a section has beyond the fields that its card shows.
function rest(section, known) {
  const others = Object.keys(section).filter((name) => !known.includes(name));
  const entries = others.slice(0, MOST).map((name) => [name.replaceAll("_", " "), brief(section[name])]);
  return others.length > MOST ? [...entries, ["more", `${others.length - MOST} fields`]] : entries;
}

function notes(report) {
  const flags = flagsOf(report), warnings = words(report.warnings), parts = [];
  if (report.status === "partial" || !isEmpty(report.error)) {
    const said = text(report.error?.message) ?? (isEmpty(report.error) ? "" : brief(report.error));
    parts.push(sentence(`The report is partial. ${said}`, "bad"));
  }
  if (flags.length) parts.push(flagChips(flags));
  if (warnings.length) {
    parts.push(make("ul", warnings.slice(0, MOST).map((one) => make("li", warningText(one)))));
  }
  return parts.length ? parts : [sentence("Nothing is conspicuous.")];
}

function swatch({ hex, share: part }) {
  const block = make("span", "", { class: "block", "aria-hidden": "true" });
  block.style.backgroundColor = hex;
  const known = finite(part), words = known > 0 && known < 0.005 ? "< 1%" : percent(known);
  return make("li", [
    block, make("code", hex), share(known, { sentence: `${hex}, ${words} of the image` }), make("span", words),
  ]);
}

function colours(section) {
  const swatches = list(section.palette).filter((one) => color(one?.hex) !== null).slice(0, 12);
  const mean = text(section.mean), parts = [];
  if (swatches.length) parts.push(make("ul", swatches.map(swatch), { class: "swatches" }));
  return [...parts, facts([
    ["mean", mean === null ? null : [patch(mean), make("code", mean)]],
    ...judgements.color(section), ...rest(section, ["palette", "mean", "colorfulness"]),
  ])];
}

function patch(hex) {
  const block = make("span", "", { class: "block", "aria-hidden": "true" });
  block.style.backgroundColor = color(hex) ?? "";
  return block;
}

function quality(section) {
  const known = ["blur", "brightness", "contrast", "shadow_clip", "highlight_clip", "entropy_bits", "flags"];
  return [...judgements.quality(section), facts(rest(section, known))];
}

function pixels(width, height) {
  return finite(width) === null || finite(height) === null ? null : `${brief(width)} × ${brief(height)} px`;
}

function picture(image) {
  const shown = pixels(image.display_width_px, image.display_height_px);
  const known = ["format", "width_px", "height_px", "display_width_px", "display_height_px", "icc", "frames",
    "animated", "has_alpha", "progressive", "jpeg_quality", "orientation", "mode"];
  const size = finite(image.display_width_px) * finite(image.display_height_px);
  return [facts([
    ["size", shown], ["megapixels", size > 0 ? brief(Math.round(size / 10000) / 100) : null],
    ["stored as", pixels(image.width_px, image.height_px)], ["format", text(image.format)],
    ["colour profile", brief(image.icc ?? "none")], ["pixels", text(image.mode)],
    ["transparency", brief(image.has_alpha)], ["frames", brief(image.frames)],
    ["progressive", brief(image.progressive)],
    ["JPEG quality", finite(image.jpeg_quality) === null ? null : brief(image.jpeg_quality)],
    ["turned", image.orientation === 1 ? "no" : `EXIF orientation ${brief(image.orientation)}`], ...rest(image, known),
  ])];
}

function exposure(value) {
  const seconds = finite(value);
  if (seconds === null || seconds <= 0) return null;
  return seconds < 0.3 ? `1/${Math.round(1 / seconds)} s` : `${brief(seconds)} s`;
}

function camera(exif) {
  const made = [exif.make, exif.model].map(text).filter((one) => one !== null).join(" ");
  const taken = text(exif.taken_at), unit = (value, write) => (finite(value) === null ? null : write(brief(value)));
  const known = ["make", "model", "lens", "software", "taken_at", "taken_at_offset", "exposure_s", "f_number", "iso",
    "focal_mm", "focal_35mm"];
  const entries = [
    ["camera", made || null], ["lens", text(exif.lens)],
    ["taken at", taken && `${taken.replace("T", " ")} ${text(exif.taken_at_offset) ?? "(zone unknown)"}`],
    ["exposure", exposure(exif.exposure_s)], ["aperture", unit(exif.f_number, (one) => `f/${one}`)],
    ["sensitivity", unit(exif.iso, (one) => `ISO ${one}`)], ["focal length", unit(exif.focal_mm, (one) => `${one} mm`)],
    ["as on 35 mm film", unit(exif.focal_35mm, (one) => `${one} mm`)], ["software", text(exif.software)],
    ...rest(exif, known),
  ].filter(([, value]) => value !== null);
  return entries.length ? [facts(entries)] : [sentence("The file says nothing about its camera.")];
}

function privacy(section) {
  const { has_gps: has, gps } = section, place = object(gps);
  const says = typeof has !== "boolean" ? "Whether the file tells its place is unknown."
    : has ? "The file tells where it was taken." : "The file does not tell where it was taken.";
  const entries = place === null ? [] : [
    ["latitude", `${brief(place.lat_deg)}°`], ["longitude", `${brief(place.lon_deg)}°`],
    ["altitude", finite(place.alt_m) === null ? null : `${brief(place.alt_m)} m`],
  ];
  return [
    sentence(says, has === true ? "warned" : "faint"),
    facts([...entries, ...rest(section, ["has_gps", "gps"])]),
  ];
}

function provenance(section) {
  const manifest = section.c2pa_present;
  return [facts([
    ["C2PA manifest", typeof manifest === "boolean" ? (manifest ? "yes, not checked" : "none") : brief(manifest)],
    ["says it is made with AI", section.ai_hint === null ? "no" : brief(section.ai_hint)],
    ...rest(section, ["c2pa_present", "ai_hint"]),
  ]), sentence("Anyone can write or remove these hints.")];
}

function copies(entries) {
  return entries.map(([term, value]) => [term, text(value) === null ? null : [copyable(value, term)]]);
}

function lengthOf(section) {
  return finite(section.bytes) === null ? null : bytes(section.bytes);
}

function source(section) {
  const mismatch = section.type_mismatch === true;
  return [facts([
    ["name", text(section.name)], ["length", lengthOf(section)],
    ["type by its bytes", text(section.mime)], ["declared type", text(section.declared_type)],
    ["types agree", typeof section.type_mismatch === "boolean" ? (mismatch ? "no" : "yes") : null],
    ...copies([["SHA-256", section.sha256], ["ETag", section.etag]]),
    ...rest(section, ["name", "bytes", "mime", "declared_type", "type_mismatch", "sha256", "etag"]),
  ])];
}

function thumbnail(section) {
  const known = ["container", "name", "width_px", "height_px", "bytes", "mime"];
  return [facts([
    ["size", pixels(section.width_px, section.height_px)], ["length", lengthOf(section)],
    ["type", text(section.mime)], ...copies([["blob", section.name]]), ...rest(section, known),
  ])];
}

function placeholder(section) {
  return [facts([...copies([["BlurHash", section.blurhash]]), ...rest(section, ["blurhash"])])];
}

function hashes(section) {
  return [
    facts([...copies([["phash", section.phash], ["dhash", section.dhash]]), ...rest(section, ["phash", "dhash"])]),
    sentence("Near duplicates differ in at most 10 bits of phash."),
  ];
}

const CARDS = [
  ["color", "Colours", colours], ["quality", "Light and sharpness", quality], ["image", "Picture", picture],
  ["exif", "Camera", camera], ["privacy", "Privacy", privacy], ["provenance", "Origin", provenance],
  ["source", "File", source], ["hash", "Fingerprints", hashes],
  ["thumbnail", "Thumbnail", thumbnail], ["placeholder", "Placeholder", placeholder],
  ["timing", "Time", (section) => judgements.timing(section)],
];
const PLAIN = ["schema", "analyzer", "status", "error", "warnings"];

function attempt(title, draw) {
  try {
    return card(title, draw());
  } catch {
    return card(title, [sentence("This section can't be shown. The JSON below has it.", "bad")]);
  }
}

// All cards of a report, and its JSON behind a fold. Takes any JSON.
export function cards(report) {
  if (isEmpty(report)) return [sentence("There is no report yet.")];
  const known = object(report), json = fold("The report as JSON", report);
  if (known === null) return [sentence("The report is no JSON object, so it can't be shown as cards.", "bad"), json];
  const there = CARDS.filter(([name]) => Object.hasOwn(known, name) && !isEmpty(known[name]));
  const shown = there.map(([name, title, draw]) => attempt(title, () => (
    object(known[name]) === null ? [sentence(brief(known[name]))] : draw(known[name])
  )));
  const others = rest(known, [...CARDS.map(([name]) => name), ...PLAIN]);
  const last = [["analyzer", brief(known.analyzer)], ["schema", brief(known.schema)], ...others];
  const all = [attempt("Notes", () => notes(known)), ...shown, attempt("Report", () => [facts(last)])];
  return [make("div", all, { class: "report" }), json];
}
