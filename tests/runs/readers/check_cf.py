"""The CF checker of IOOS at its strictest: everything that it holds against a file."""

import io
import json
import sys
from contextlib import redirect_stdout

from compliance_checker.runner import CheckSuite, ComplianceChecker

VERSION, *PATHS = sys.argv[1:]
LEVELS = ("high_priorities", "medium_priorities", "low_priorities")
# It looks for a dimension called "time" in the first group of any file that has two, and stops
# with a KeyError where there is none. CF asks for no such thing.
BROKEN = ["check_invalid_same_named_dimension_across_groups"]


def held_against(found: list[dict[str, object]]) -> list[str]:
    """List the checks that did not give full marks."""
    return [
        f"{each['name']}: {'; '.join(each['msgs'])}"
        for each in found
        if each["value"][0] < each["value"][1]
    ]


CheckSuite.load_all_available_checkers()
for path in PATHS:
    told = io.StringIO()
    with redirect_stdout(told):
        _, failed = ComplianceChecker.run_checker(
            path, [VERSION], 0, "strict", skip_checks=BROKEN, output_format="json"
        )
    report = json.loads(told.getvalue())[VERSION]
    print(
        json.dumps(
            {
                "failed": bool(failed),
                "checks": sum(len(report[level]) for level in LEVELS),
                "against": {level: held_against(report[level]) for level in LEVELS},
            }
        )
    )
