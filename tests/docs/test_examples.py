"""Every example of the documentation runs as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.examples import ROOT, WORDS, Example, blocks_of, examples, files_of, pages
from tests.docs.settings import SETTINGS, Setting

FRAMES = Path(__file__).parent / "frames"
ALL = examples()
RUN = [each for each in ALL if "not-run" not in each.said]
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
    code = example.code
    for word, value in setting.fills.items():
        code = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", value, code)
    return ["bash", "-euc", code]


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
    assert ended.returncode == 0, f"{example.place}\n{ended.stdout}\n{ended.stderr}"


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
