"""Nothing grows over reconnects; a thousand of them: ``python benchmarks/reconnects.py``."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.conftest import ROOT


def test_tasks_streams_and_objects_do_not_grow_over_reconnects() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "reconnects.py"), "60", "20"],
        env=environment, capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    found = re.search(r"tasks ([+-]\d+), streams ([+-]\d+), objects ([+-][\d,]+), memory ([+-][\d.]+) MB", ran.stdout)
    assert found is not None, ran.stdout + ran.stderr
    tasks, streams = int(found[1]), int(found[2])
    assert tasks <= 2 and streams <= 6, ran.stdout
    assert int(found[3].replace(",", "")) < 40 * 25, "forty reconnects leave no session behind"
