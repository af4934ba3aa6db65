"""A report as cards: what it says is read well, and whatever a worker has posted is survived."""

import json
from typing import Any

import pytest

from shared.analysis.analyzers import quality
from shared.rules.report_flags import flags_of
from tests.unit.dashboard.browser import Browser

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
#: Shows a report as the page of an image does; ``shown(report)`` returns its text.
SHOW = """const page = new Page(), { cards } = await page.module("report.js");
          const shown = (report) => { const box = page.document.createElement("div");
            box.append(...cards(report)); return box; };"""
WHOLE: dict[str, Any] = {
    "schema": 1,
    "analyzer": "darkroom/1.0",
    "status": "ok",
    "warnings": ["exif_unreadable", "analyzer_failed:dominant"],
    "source": {"name": "a.jpg", "etag": "0x1", "bytes": 1500, "sha256": "ab" * 32, "declared_type": "image/png"}
    | {"mime": "image/jpeg", "type_mismatch": True},
    "image": {"format": "jpeg", "width_px": 200, "height_px": 100, "display_width_px": 100, "display_height_px": 200}
    | {"orientation": 6, "mode": "RGB", "has_alpha": False, "animated": False, "frames": 1, "progressive": True}
    | {"jpeg_quality": 90, "icc": None},
    "exif": {"make": "Maker", "model": "One", "exposure_s": 0.004, "f_number": 2.8, "iso": 100, "focal_mm": 35},
    "privacy": {"has_gps": True, "gps": {"lat_deg": 1.5, "lon_deg": -2.5, "alt_m": None}},
    "provenance": {"c2pa_present": True, "ai_hint": "comfyui"},
    "quality": {"blur": 0.7, "brightness": 0.1, "contrast": 0.3, "shadow_clip": 0.2, "highlight_clip": 0.0}
    | {"entropy_bits": 6.5, "flags": ["blurred", "dark"]},
    "color": {"mean": "#102030", "colorfulness": 60.0, "palette": [{"hex": "#ff0000", "share": 0.75}]},
    "hash": {"dhash": "0" * 16, "phash": "f" * 16},
    "placeholder": {"blurhash": "L" * 28},
    "thumbnail": {"width_px": 50, "height_px": 100, "bytes": 900, "mime": "image/webp"},
    "timing": {"decode_ms": 10.0, "analyze_ms": 30.5},
    "dominant": {"hue": 12},
}
#: Values that stand in for any part of a report.
POISONS: list[Any] = [None, 0, -1e308, True, "", HOSTILE, [], [[]], [None, 1, "x", {}], {}, {"a": {"b": [1]}}]
POISONS += [{"toString": 1, "valueOf": {}}, {"__proto__": {"x": 1}}, {"constructor": None, "length": -1}, 12.5]


def test_a_report_says_in_words_what_its_numbers_mean(page: Browser) -> None:
    text = page.run(f"{SHOW} return shown({json.dumps(WHOLE)}).textContent;")
    for words in (
        *("0.7, blurred", "0.1, dark", "0.3, normal", "20%, much", "0%, hardly any", "60, quite colourful"),
        *("#ff0000", "75%", "100 × 200 px", "EXIF orientation 6", "Maker One", "1/250 s", "f/2.8", "ISO 100", "1.5 kB"),
        *("The file tells where it was taken.", "-2.5°", "yes, not checked", "comfyui", "The EXIF data can't be read."),
        *("An analyzer failed: dominant", "another type", "30.5 ms", "hue", "900 bytes"),
    ):
        assert words in text


def test_the_limits_of_the_words_are_those_of_the_analyzers(page: Browser) -> None:
    limits = page.run("""return (await new Page().module("judgements.js")).LIMITS;""")
    assert limits == {
        "blurred": quality.BLURRED_ABOVE,
        "dark": quality.DARK_BELOW,
        "bright": quality.BRIGHT_ABOVE,
        "low_contrast": quality.LOW_CONTRAST_BELOW,
    }


def poison_reports() -> list[Any]:
    """Return reports in which, over all of them, each poison stands for each section and for each field of each."""
    reports: list[Any] = [*POISONS, dict.fromkeys(WHOLE, HOSTILE)]
    reports.append({"color": {"palette": [{"hex": poison, "share": poison} for poison in POISONS]}})
    for turn in range(len(POISONS)):
        reports.append({name: _poison(turn + at) for at, name in enumerate(WHOLE)})
        reports.append({name: _poison_fields(section, turn) for name, section in WHOLE.items()})
    return reports


def _poison(at: int) -> object:
    return POISONS[at % len(POISONS)]


def _poison_fields(section: object, turn: int) -> object:
    if not isinstance(section, dict):
        return section
    return {name: _poison(turn + at) for at, name in enumerate(section)}


@pytest.mark.case("security M4", was="no cards at all")
def test_any_json_is_shown_as_cards_and_no_card_gives_up(page: Browser) -> None:
    reports = [report for report in poison_reports() if isinstance(report, dict) and report]
    result = page.run(
        f"""{SHOW} return JSON.parse({json.dumps(json.dumps(reports))}).map((report) => {{ const box = shown(report);
              return [box.querySelectorAll("section").length, box.textContent.includes("can't be shown")]; }});"""
    )
    assert [has_broken for _, has_broken in result] == [False] * len(reports)
    assert min(count for count, _ in result) >= len(["Notes", "Report"])


def test_a_report_that_is_no_object_says_so(page: Browser) -> None:
    texts = page.run(f"{SHOW} return [1, 'x', [1], true, null, {{}}].map((report) => shown(report).textContent);")
    assert ["no JSON object" in text for text in texts] == [True, True, True, True, False, False]
    assert texts[-1] == "There is no report yet."


def test_a_card_that_can_not_be_drawn_leaves_all_others(page: Browser) -> None:
    result = page.run(
        f"""{SHOW} const bad = {json.dumps(WHOLE)};
            Object.defineProperty(bad.color, "palette", {{ get() {{ throw new Error("broken"); }}, enumerable: true }});
            const box = shown(bad); return [box.textContent.includes("This section can't be shown"),
              box.textContent.includes("EXIF orientation 6")];"""
    )
    assert result == [True, True]


def test_a_hostile_name_is_text_and_what_turns_it_around_is_shown_by_its_number(page: Browser) -> None:
    report = WHOLE | {"source": WHOLE["source"] | {"name": HOSTILE}, HOSTILE: HOSTILE, "warnings": [HOSTILE]}
    result = page.run(
        f"""{SHOW} const box = shown({json.dumps(report)});
            return [box.querySelectorAll("img").length, box.textContent.split("alert(1)>[U+202E]").length - 1];"""
    )
    assert result == [0, 4]


def test_a_report_that_is_nested_too_deeply_for_its_json_keeps_its_cards(page: Browser) -> None:
    result = page.run(
        f"""{SHOW} let deep = 1; for (let at = 0; at < 200000; at += 1) deep = [deep];
            const box = shown({{ ...{json.dumps(WHOLE)}, deep }}), fold = box.querySelector("details");
            fold.open = true; fold.dispatchEvent(new page.window.Event("toggle"));
            return [box.textContent.includes("quite colourful"), box.querySelector("pre").textContent];"""
    )
    assert result == [True, "This JSON is nested too deeply to be shown."]


@pytest.mark.parametrize("fold", ["The report as JSON"])
def test_the_json_is_drawn_when_it_is_opened_and_not_before(page: Browser, fold: str) -> None:
    result = page.run(
        f"""{SHOW} const box = shown({{ schema: 1, a: "b" }}), before = box.querySelectorAll("pre").length;
            const node = box.querySelector("details"); node.open = true;
            node.dispatchEvent(new page.window.Event("toggle"));
            const json = JSON.parse(box.querySelector("pre").textContent);
            return [node.querySelector("summary").textContent, before, json];"""
    )
    assert result == [fold, 0, {"schema": 1, "a": "b"}]


def test_the_flags_are_those_that_lists_of_the_api_have(page: Browser) -> None:
    reports = [*poison_reports(), {"quality": {"flags": ["z", "gps", "Not", "a b", *(f"f{at}" for at in range(20))]}}]
    result = page.run(
        f"""const {{ flagsOf }} = await new Page().module("report.js");
            return JSON.parse({json.dumps(json.dumps(reports))}).map(flagsOf);"""
    )
    assert result == [flags_of(report) for report in reports]


def test_a_long_hash_is_shown_by_its_ends_and_copied_whole(page: Browser) -> None:
    result = page.run(
        f"""{SHOW} const box = shown({json.dumps(WHOLE)}); let copied = null;
            Object.defineProperty(page.window.navigator, "clipboard", {{ configurable: true,
              value: {{ writeText: async (text) => {{ copied = text; }} }} }});
            const button = box.querySelector("[aria-label='Copy SHA-256']"); button.click(); await page.settled();
            return [button.previousElementSibling.textContent, copied, button.textContent];"""
    )
    assert result == ["ababababab…ababababab", "ab" * 32, "Copied"]


def test_without_a_clipboard_the_whole_hash_is_shown(page: Browser) -> None:
    result = page.run(
        f"""{SHOW} const box = shown({json.dumps(WHOLE)});
            Object.defineProperty(page.window.navigator, "clipboard", {{ configurable: true, value: undefined }});
            const button = box.querySelector("[aria-label='Copy SHA-256']"), shownHash = button.previousElementSibling;
            button.click(); await page.settled(); return [shownHash.textContent, button.isConnected];"""
    )
    assert result == ["ab" * 32, False]
