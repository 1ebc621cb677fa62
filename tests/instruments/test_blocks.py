"""Blocks of data: what may stand before and behind them, and what is none."""

from pathlib import Path

import numpy as np
import pytest

from instruments import registry
from instruments.errors import BadAnswer, NoAnswer
from instruments.link import open_link
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from tests.instruments.peers import tcp_peer

DATA = "\x00\n#\xff7\n\n"
BENCH = """
name = "hislip"
[simulator]
clock = "virtual"
circuit = {kind = "cell", soc = 0.9}
[roles.scope]
driver = "siglent_sds1104xe"
serial = "S1"
over = "hislip"
"""


def answer(line: str) -> str | None:
    return {
        "*IDN?": "A,B,C,D\n",
        "PLAIN?": f"#17{DATA}\n",
        "LED?": f"C1:WF DAT2,#9000000007{DATA}\n\n",
        "OTHER?": f"C2:WF DAT2,#9000000007{DATA}\n\n",
        "ERROR?": "-113\n",
        "LONG?": f"C1:WF DAT2,#9000000007{DATA}more\n\n",
        "SHORT?": f"C1:WF DAT2,#9000000007{DATA}\n",
    }.get(line)


def block(address: str, question: str, **around: str) -> bytes:
    link = open_link(address, sentinel="*IDN?", timeout=0.3)
    try:
        return link.query_block(question, doing="read a block", **around)
    finally:
        link.close()


def test_a_block_is_what_it_says():
    with tcp_peer(answer) as address:
        assert block(address, "PLAIN?") == DATA.encode("latin-1")


def test_a_block_may_stand_behind_a_header_and_end_in_its_own_way():
    with tcp_peer(answer) as address:
        found = block(address, "LED?", lead="C1:WF DAT2,", tail="\n\n")
        assert found == DATA.encode("latin-1")


@pytest.mark.parametrize(
    ("question", "error"),
    [("OTHER?", BadAnswer), ("ERROR?", BadAnswer), ("PLAIN?", BadAnswer), ("LONG?", BadAnswer),
     ("SHORT?", NoAnswer), ("NOTHING?", NoAnswer)],
)  # fmt: skip
def test_what_is_not_the_block_asked_for_is_none(question: str, error: type):
    with tcp_peer(answer) as address, pytest.raises(error):
        block(address, question, lead="C1:WF DAT2,", tail="\n\n")


def test_a_waveform_comes_over_hislip_as_well(tmp_path: Path):
    path = tmp_path / "bench.toml"
    path.write_text(BENCH)
    simulator = simulation.start(path, tmp_path / "state")
    try:
        role = read_bench(path).bench("@py", simulator.announcement).roles["scope"]
        scope = registry.connect(role.driver, role.address, serial="S1", timeout=2.0)
        # The code of 4 V is 10 then, a line feed, and has to come through as data.
        scope.set_up(full_time=1e-3, full_scale=80.0)
        (wave,) = scope.capture(1)
        assert len(wave.values) == 14_000
        assert (np.round(wave.values / 0.4) == 10).any()
        assert float(wave.values.mean()) == pytest.approx(4.0, abs=0.2)
        scope.close()
    finally:
        simulator.stop()
