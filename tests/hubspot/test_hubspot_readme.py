from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_readme_names_exists():
    named = set(re.findall(r"\btest_\w{12,}", (ROOT / "plugins/hubspot/README.md").read_text()))
    there = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in there and name != "test_sdk_hubspot"} == set()
