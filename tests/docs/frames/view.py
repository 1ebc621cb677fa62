# ruff: noqa: F821 - the block stands first
# EXAMPLE

from tests.docs.settings import LONG
from tests.runs.rich_run import counted

force = counted(0, LONG)[1]
for level, low in ((1, lowest), (2, pages["force"]["low"][levels == 2].ravel())):
    size = 16**level
    assert len(low) == LONG // (size * 1024) * 1024 > 0
    assert (low == force[: len(low) * size].reshape(-1, size).min(axis=1)).all()
    high = pages["force"]["high"][levels == level].ravel()
    assert (high == force[: len(low) * size].reshape(-1, size).max(axis=1)).all()
gaps = pages["strain"]["gap"][levels == 1].ravel()
assert gaps.all()
words = np.frombuffer(data, "<u8").reshape(len(pages), -1)[:, : sort["time"].itemsize // 8]
salt = np.uint64(0x9E3779B97F4A7C15) * np.arange(1, len(pages) + 1, dtype="u8")
assert (words[:, :-1].sum(axis=1, dtype="u8") + salt == words[:, -1]).all()
assert (magic, version) == (b"RUNVIEW\n", 1)
