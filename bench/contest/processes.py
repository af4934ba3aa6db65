"""Groups of processes: started, paused, killed and ended together; and the processor time that trees of them take."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 30.0


class Group:
    """Processes of one command line, or of several, each in a session of its own.

    Args:
        commands: Programs and arguments.
        environ: Their environment.
        log: What they print is added to this file.
    """

    def __init__(self, commands: Sequence[Sequence[str]], environ: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as file:
            self.processes = [
                subprocess.Popen(  # noqa: S603 - our own command
                    command,
                    cwd=ROOT,
                    env=dict(environ),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
                for command in commands
            ]

    @property
    def pids(self) -> list[int]:
        """The processes that were started; their children are not among them."""
        return [process.pid for process in self.processes]

    def is_alive(self) -> bool:
        """Say whether none of them has ended."""
        return all(process.poll() is None for process in self.processes)

    def pause(self) -> None:
        """Stop them and all that they have started, as ``kill -STOP`` does."""
        _signal(tree(self.pids), signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        _signal(tree(self.pids), signal.SIGCONT)

    def kill(self) -> None:
        """End them and all that they have started at once, as ``kill -KILL`` does."""
        _signal(tree(self.pids), signal.SIGKILL)
        for process in self.processes:
            process.wait()

    def stop(self) -> None:
        """Ask them to end; kill what does not, and what they leave behind when they end too early."""
        self.resume()
        everything = tree(self.pids)
        _signal(self.pids, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(everything, signal.SIGKILL)
                process.wait()
        _signal((pid for pid in everything if _session(pid) in self.pids), signal.SIGKILL)


def cpu_ms(pids: Iterable[int]) -> float:
    """Return the milliseconds of processor time that processes and all their descendants have taken so far.

    A descendant that has ended counts with whoever has waited for it. The clock's tick is 10 ms (proc(5)).
    """
    facts = _facts()
    return sum(facts[pid][1] for pid in _tree(pids, facts)) * TICK_MS


def tree(pids: Iterable[int]) -> list[int]:
    """Return these processes and all their descendants, parents first."""
    return _tree(pids, _facts())


def _tree(pids: Iterable[int], facts: Mapping[int, tuple[int, int]]) -> list[int]:
    found = [pid for pid in pids if pid in facts]
    for parent in found:  # grows meanwhile
        found += [pid for pid, (of, _) in facts.items() if of == parent]
    return found


def _facts() -> dict[int, tuple[int, int]]:
    """Return the parent of each process, and its ticks with those of its children that have ended."""
    facts = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            facts[int(folder.name)] = (int(fields[1]), sum(int(field) for field in fields[11:15]))
    return facts


def _session(pid: int) -> int | None:
    """Return the session of a process; None where it has ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
