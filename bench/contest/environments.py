"""The virtual environments of the peers: each made once, from the versions that its file pins, beneath ``out/``."""

import sys
from pathlib import Path

from localhost.install import STAMP, digest, identity, must, python_of, say, stamp_of, stamping

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "out" / "peers"
PINS = ROOT / "bench" / "peers"


def python_with(peer: str) -> Path:
    """Return the interpreter of a peer's environment; make it first where it is missing or out of date.

    Args:
        peer: ``celery`` or ``dramatiq``.

    Raises:
        InstallFailed: Its packages can't be installed.
    """
    pins, folder = PINS / f"{peer}.txt", FOLDER / peer
    made_from = digest(identity().encode(), pins.read_bytes())
    if stamp_of(folder) != made_from:
        say(f"Installing {peer} into {folder.relative_to(ROOT)} ({STAMP} says from what) ...")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with stamping(folder, made_from):
            must([sys.executable, "-m", "venv", "--clear", str(folder)], cwd=ROOT, doing="python -m venv")
            pip = [str(python_of(folder)), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
            must([*pip, "install", "-r", str(pins)], cwd=ROOT, doing=f"pip install -r {pins.name}")
    return python_of(folder)
