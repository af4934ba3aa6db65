"""What the command line asks for; anything wrong is said before anything starts."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localhost.azurite import ROOT
from localhost.run import blob_names

DEFAULT_PORT = 7071
LAST_PORT = 65535
MAX_INSTANCES = 16


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """One run.

    Attributes:
        files: Absolute path of each image, by blob name, in the order of the command line.
        once: End when every image has ended.
        json: One line an image on stdout, all else on stderr.
        instances: Hosts on the one storage account.
        port: Of the first host; the others follow it. 0 takes free ones.
        explicit_port: Whether the user asked for this port; otherwise another will do.
        data: Keeps the storage between runs; None for memory.
        out: Where reports and thumbnails go.
        func: Use the ``func`` that is installed instead of our own host.
    """

    files: dict[str, Path]
    once: bool = False
    json: bool = False
    instances: int = 1
    port: int = DEFAULT_PORT
    explicit_port: bool = False
    data: Path | None = None
    out: Path = ROOT / "out"
    func: bool = False


def parse(words: list[str], samples: Path = ROOT / "samples") -> RunOptions:
    """Read the command line; ends the process with status 2 and a message when it can't be followed."""
    parser = _parser()
    arguments = parser.parse_args(words)
    func = arguments.host == "func"
    if func and arguments.instances > 1:
        parser.error("--host func runs only one instance")
    last = (arguments.port or DEFAULT_PORT) + arguments.instances - 1
    if last > LAST_PORT:
        parser.error(f"--port is too high: the last instance would listen on {last}")
    paths = blob_names.unique(arguments.files) if arguments.files else blob_names.images_in(samples)
    problems = [problem for path in paths if (problem := unreadable(path))]
    if problems or not paths:
        parser.error("; ".join(problems) or f"{samples} holds no images: name image files")
    return RunOptions(
        files={name: Path(path) for path, name in blob_names.blob_names(paths).items()},
        once=arguments.once,
        json=arguments.json,
        instances=arguments.instances,
        port=DEFAULT_PORT if arguments.port is None else arguments.port,
        explicit_port=arguments.port is not None,
        data=arguments.data and arguments.data.absolute(),
        out=arguments.out.absolute(),
        func=func,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py run",
        description="Start storage and a host on this machine, upload images, and show what happens.",
        epilog="Settings of Darkroom in the environment, such as MAX_ATTEMPTS or DISPATCH, apply to the run.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="images to upload (default: samples/)")
    parser.add_argument(
        "--once",
        action="store_true",
        help="exit when every image has ended: with 0 when all are COMPLETED, with 1 when one is FAILED or CANCELED, "
        "or when no image has ended for 120 s",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print each job as one line of JSON on stdout, and everything else on stderr",
    )
    parser.add_argument(
        "--instances", type=_between(1, MAX_INSTANCES), default=1, metavar="N", help="number of hosts (default: 1)"
    )
    parser.add_argument(
        "--port", type=_between(0, LAST_PORT), metavar="PORT", help=f"port of the first host (default: {DEFAULT_PORT})"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the storage in this folder (default: in memory)")
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "out",
        metavar="DIR",
        help="folder for reports and thumbnails (default: out/)",
    )
    parser.add_argument(
        "--host",
        choices=("local", "func"),
        default="local",
        help="local: the host of this repository (default); func: Azure Functions Core Tools",
    )
    return parser


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return read


def unreadable(path: Path) -> str | None:
    """Say why a file can't be uploaded; None when it can."""
    if path.is_dir():
        return f"{path} is a folder: name the image files in it"
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for its other end
            return f"{path} is not a regular file"
        path.open("rb").close()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return None
