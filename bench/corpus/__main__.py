"""Fetch the corpus, analyse it by a tree of this project, and print how its answers stand beside those of others."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.corpus import compare, fetch, peers, pins, reports

ROOT = Path(__file__).resolve().parents[2]
_SHOWN = 12


def main(words: list[str]) -> int:
    """Run the whole task; return the exit status: 1 when a package could not be fetched."""
    options = _options(words)
    packages = pins.read(pins.FILE.read_text(encoding="utf-8"))
    lacking = _fetched(packages, options.folder)
    files = sorted(file for file in (options.folder / fetch.FILES).iterdir() if file.name in _names(packages))
    print(f"\n{len(files):,} of {len(_names(packages)):,} files are there.")
    found = reports.load(options.reports) if options.reports else reports.analyse(options.tree.resolve(), files)
    if options.save:
        reports.save(found, options.save)
    _counts("Reports by status and code", compare.verdicts(found))
    readable = compare.readable(found)
    _counts(f"Readable images: {readable.total():,}", readable)
    if not options.quick:
        _peers(found, files, options.all)
    if options.against:
        _differences(compare.differences(reports.load(options.against), found), options.all)
    return 1 if lacking else 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 dev.py corpus", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "corpus", help="where the files are kept")
    parser.add_argument("--tree", type=Path, default=ROOT, help="whose command analyses: the root of a work tree")
    parser.add_argument("--reports", type=Path, metavar="FILE", help="take reports that were saved; analyse nothing")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the reports")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with reports that were saved before")
    parser.add_argument("--quick", action="store_true", help="ask neither Pillow nor exiftool")
    parser.add_argument("--all", action="store_true", help="print every file that differs, not the first few")
    return parser.parse_args(words)


def _names(packages: list[pins.Package]) -> set[str]:
    return {pin.name for package in packages for pin in package.pins}


def _fetched(packages: list[pins.Package], folder: Path) -> list[str]:
    """Fetch what is missing, and say what could not be had."""
    folder.mkdir(parents=True, exist_ok=True)
    lacking = []
    for package in fetch.missing(packages, folder):
        title = f"{package.registry} {package.name} {package.version}"
        try:
            print(f"{title}: {fetch.fetch(package, folder)} files", file=sys.stderr)
        except fetch.NotFetched as error:
            print(f"{title}: not fetched: {error}.", file=sys.stderr)
            lacking.append(title)
    return lacking


def _peers(found: Mapping[str, reports.Report], files: list[Path], whole: bool) -> None:  # noqa: FBT001 - an option
    unlike = compare.against_pillow(found, peers.pillow(files, files[0].parent.parent / "pillow.json"))
    print(f"\nDisagreements with Pillow: {len(unlike):,}")
    _rows([f"{name[:16]}  Pillow: {theirs}, this tree: {ours}" for name, theirs, ours in unlike], whole)
    said = peers.exiftool(files)
    if said is None:
        print(f"\n{peers.NO_EXIFTOOL}")
        return
    counts, differing = compare.against_exiftool(found, said)
    words = ("nothing", "agree", "missed", "more", "differs")
    print("\nBeside exiftool   " + "".join(f"{word:>10}" for word in words))
    for fact, count in counts.items():
        print(f"  {fact:16}" + "".join(f"{count[word]:>10,}" for word in words))
    _rows(
        [f"{name[:16]}  {fact}: exiftool {json.dumps(theirs)[:60]}, this tree {json.dumps(ours)[:60]}"
         for name, fact, theirs, ours in differing],
        whole,
    )  # fmt: skip


def _counts(title: str, counts: Mapping[str, int]) -> None:
    print(f"\n{title}")
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        print(f"  {count:>7,}  {name}")


def _differences(found: Mapping[str, list[str]], whole: bool) -> None:  # noqa: FBT001 - an option
    print(f"\nReports that differ: {len({name for names in found.values() for name in names}):,}")
    for title, names in found.items():
        print(f"  {len(names):>7,}  {title}")
        if whole:
            _rows([name[:16] for name in names], whole)


def _rows(rows: list[str], whole: bool) -> None:  # noqa: FBT001 - an option
    for row in rows if whole else rows[:_SHOWN]:
        print(f"    {row}")
    if not whole and len(rows) > _SHOWN:
        print(f"    and {len(rows) - _SHOWN:,} more; --all shows them")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
