"""What others say of the same files: Pillow, whether it reads the pixels; exiftool, what stands in the metadata."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Seconds and bytes that Pillow may take for one file.
_SECONDS, _MEMORY = 60, 4 << 30
_FILES_A_CALL = 200

NO_EXIFTOOL = (
    "exiftool is missing: the comparison of metadata is left out. On Debian: apt-get install libimage-exiftool-perl"
)

_WAYS = ("Latitude", "Longitude")
#: exiftool's groups in which a fact counts, the best first; each is a name of its option -G1.
FACTS = {
    "make": ("IFD0:Make", "XMP-tiff:Make"),
    "taken_at": (
        *("ExifIFD:DateTimeOriginal", "XMP-exif:DateTimeOriginal"),
        *("ExifIFD:CreateDate", "XMP-exif:DateTimeDigitized"),
    ),
    "orientation": ("IFD0:Orientation",),
    "gps": tuple(f"{group}:GPS{way}" for group in ("GPS", "XMP-exif", "XMP-drone-dji") for way in _WAYS),
}

_PROGRAM = f"""
import resource, signal, sys, warnings
warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY}, {_MEMORY}))
from PIL import Image
import pi_heif
pi_heif.register_heif_opener()
for name in sys.stdin.read().splitlines():
    print("?", name, sep="\\t", flush=True)
    signal.alarm({_SECONDS})
    try:
        with Image.open(name) as image:
            image.load()
        print("ok", name, sep="\\t", flush=True)
    except Exception as error:
        print(type(error).__name__, name, sep="\\t", flush=True)
"""


def pillow(files: Sequence[Path], cache: Path) -> dict[str, str]:
    """Open and load files by Pillow and pi-heif, in processes that may die; what one version has said is kept.

    Args:
        files: All in one folder.
        cache: A file that keeps the answers.

    Returns:
        By name ``ok``, the name of the exception, or ``died`` for what ended the process.
    """
    versions = " ".join(f"{name} {version(name)}" for name in ("pillow", "pi-heif"))
    kept: dict[str, dict[str, str]] = json.loads(cache.read_text()) if cache.exists() else {}
    found = kept.get(versions, {})
    found |= _loaded([file for file in files if file.name not in found])
    cache.write_text(json.dumps({versions: found}))
    return found


def _loaded(files: list[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    left = files
    while left:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input="\n".join(file.name for file in left),
            cwd=left[0].parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        for line in done.stdout.splitlines():
            verdict, _, name = line.partition("\t")
            found[name] = "died" if verdict == "?" else verdict
        rest = [file for file in left if file.name not in found]
        if len(rest) == len(left):
            break
        left = rest
    return found


def exiftool(files: Sequence[Path]) -> dict[str, dict[str, Any]] | None:
    """Ask exiftool for camera, moment, orientation and place.

    Returns:
        By name what it says, its group before each name; None where it is missing.
    """
    program = shutil.which("exiftool")
    if not program:
        return None
    names = sorted({fact.partition(":")[2] for facts in FACTS.values() for fact in facts})
    found: dict[str, dict[str, Any]] = {}
    for at in range(0, len(files), _FILES_A_CALL):
        group = files[at : at + _FILES_A_CALL]
        done = subprocess.run(
            [
                program,
                "-json",
                "-n",
                "-q",
                "-q",
                "-G1",
                "-a",
                *(f"-{name}" for name in names),
                *(file.name for file in group),
            ],
            cwd=group[0].parent,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        answers: list[dict[str, Any]] = json.loads(done.stdout.decode("utf-8", "replace") or "[]")
        found |= {answer["SourceFile"]: answer for answer in answers}
    return found


def fact(answer: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - exiftool's values are of any type
    """Return what exiftool says of a fact, None when it says nothing; for ``gps`` whether the file has a coordinate.

    A blank coordinate does not count: zeros divided by zero, as a receiver without a fix leaves them behind.
    """
    given = [answer[key] for key in FACTS[name] if answer.get(key, "") != ""]
    if name == "gps":
        return bool(given)
    return next((value for value in given if value != 0), None)
