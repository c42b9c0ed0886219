"""Options that write down what the suite finds, and the clients under test."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--write-table", action="store_true", help="write docs/CONFORMANCE.md from this run")
    group.addoption("--write-golden", action="store_true", help="write the golden transcripts from this run")
