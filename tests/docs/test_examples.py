"""Every example of the documentation runs as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.examples import (
    ROOT,
    WORDS,
    Example,
    blocks_of,
    examples,
    files_of,
    pages,
    printed,
)
from tests.docs.settings import SETTINGS, Setting

FRAMES = Path(__file__).parent / "frames"
ALL = examples()
RUN = [each for each in ALL if "not-run" not in each.said]
PRINTED = printed()
# Each reason stands in the fence; a new one has to be counted here.
NOT_RUN = {
    "README.md": 1,
    "CONTRIBUTING.md": 1,
    "docs/how-to/set-up-a-centre.md": 1,
    "docs/how-to/use-a-pymeasure-or-qcodes-driver.md": 1,
}


def program(example: Example) -> str:
    """Put the block into its frame, where it needs one."""
    if "in" not in example.said:
        return example.code
    frame = (FRAMES / f"{example.said['in']}.py").read_text("utf-8")
    at = re.search(r"^( *)# EXAMPLE$", frame, re.MULTILINE)
    assert at
    return frame.replace(at[0], "".join(at[1] + line for line in example.code.splitlines(True)), 1)


def command(example: Example, setting: Setting) -> list[str | Path]:
    """Give what runs the block."""
    if example.language == "python":
        return [setting.python, "-c", program(example)]
    return ["bash", "-euc", filled(example.code, setting)]


def filled(text: str, setting: Setting) -> str:
    """Put in what stands for the words in capitals."""
    for word, value in setting.fills.items():
        text = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", value, text)
    return text


def is_printed(shown: str, said: str) -> bool:
    """Tell whether lines were printed as a page shows them, blanks at their ends apart."""
    lines = [re.escape(line.rstrip()) for line in shown.strip().splitlines()]
    form = "".join("(.*\n)*" if line == "…" else line + "\n" for line in lines)
    there = "".join(line.rstrip() + "\n" for line in said.strip().splitlines())
    return re.fullmatch(form, there) is not None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("example", RUN, ids=lambda each: each.place)
def test_an_example_runs_as_it_stands(example: Example, tmp_path: Path):
    for name, text in files_of(example.page).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    with SETTINGS[example.said.get("given", "")](tmp_path) as setting:
        ended = subprocess.run(
            command(example, setting),
            cwd=tmp_path,
            env=setting.environment(),
            input=setting.stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        shown = filled(PRINTED.get(example.place, "…"), setting)
    assert ended.returncode == 0, f"{example.place}\n{ended.stdout}\n{ended.stderr}"
    assert is_printed(shown, ended.stdout), f"{example.place} prints\n{ended.stdout}"


def test_what_is_shown_as_printed_is_printed_by_a_block_that_runs():
    assert PRINTED.keys() <= {each.place for each in RUN}


def test_what_is_printed_otherwise_is_seen():
    assert is_printed("1 a\n…\n4 d", "1 a  \n2 b\n3 c\n4 d\n")
    assert is_printed("1 a\n…", "1 a\n")
    assert not is_printed("1 a\n4 d", "1 a\n2 b\n4 d\n")
    assert not is_printed("1 a\n…\n4 d", "1 a\n2 b\n4 e\n")
    assert not is_printed("a.b", "axb\n")


def test_what_does_not_run_says_why_and_is_counted():
    left = [each for each in ALL if "not-run" in each.said]
    counts = {page: sum(each.page == page for each in left) for page in {e.page for e in left}}
    assert counts == NOT_RUN
    assert all(len(each.said["not-run"].split()) >= 3 for each in left)


def test_every_word_of_a_fence_is_known():
    for page in pages():
        for block in blocks_of(page):
            assert set(block.said) <= WORDS, block.place
            assert block.said.get("given", "") in SETTINGS, block.place


def test_an_example_that_is_wrong_is_seen(tmp_path: Path):
    wrong = Example("README.md", 1, "sh", {}, "testbed nonsense\ntrue\n")
    with SETTINGS[""](tmp_path) as setting:
        ended = subprocess.run(
            command(wrong, setting),
            env=setting.environment(),
            capture_output=True,
            check=False,
            cwd=ROOT,
        )
    assert ended.returncode != 0
