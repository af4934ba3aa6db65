"""Strategies for files: bytes that were a file before they were edited."""

from hypothesis import strategies as st

from tests.analysis.corpus.anything import MAGIC
from tests.analysis.corpus.mutants import EXTREMES, mend_checksums
from tests.analysis.corpus.originals import moving, stills

_SMALL = {**stills(), **moving()}
_PLACES = st.one_of(st.integers(12, 512), st.integers(0, 64), st.integers(12, 1 << 16))


@st.composite
def edited_files(draw: st.DrawFn) -> bytes:
    """Edit a real file in a few places: overwrite, insert, leave out, repeat, or go on with another file."""
    data = draw(st.sampled_from(sorted(_SMALL.values())))
    for _ in range(draw(st.integers(1, 4))):
        data = _edit(draw, data)
    return mend_checksums(data) if draw(st.booleans()) else data


def _edit(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(_PLACES) % (len(data) + 1)
    how = draw(st.sampled_from(("over", "in", "out", "again", "on")))
    if how == "on":
        other = draw(st.sampled_from(sorted(_SMALL.values())))
        return data[:at] + other[draw(_PLACES) % len(other) :]
    if how in ("over", "in"):
        new = draw(st.one_of(st.sampled_from(EXTREMES), st.binary(min_size=1, max_size=24)))
        return data[:at] + new + data[at + (len(new) if how == "over" else 0) :]
    length = draw(st.sampled_from((1, 2, 4, 12, 100)))
    times = draw(st.integers(2, 40)) if how == "again" else 0
    return data[:at] + data[at : at + length] * times + data[at + length :]


def anything() -> st.SearchStrategy[bytes]:
    """Draw an edited file, or a beginning that a file could have and what comes by chance."""
    begun = st.builds(bytes.__add__, st.sampled_from(sorted(MAGIC.values())), st.binary(max_size=200))
    return st.one_of(edited_files(), edited_files(), edited_files(), begun, st.binary(max_size=64))
