"""``docs/CONFORMANCE.md``: which scenario passes with which client, as the suite found."""

from __future__ import annotations

from pathlib import Path

from . import scenarios  # noqa: F401  (enters them in the list)
from .scenario import SCENARIOS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "CONFORMANCE.md"
CLIENTS = ("ib_async 2.1.0", "ibapi 10.51.1", "ibapi 9.81.1")
PASSES, LACKS, FAILS = "yes", "–", "NO"
HEAD = """# Conformance of the TWS door

Each row is a scenario of `tests/conformance`, run by each client against the embedded exchange over a socket.
`yes`: everything the scenario asks for came. `–`: this client has no such request. `NO`: it failed.
The table is written by `python -m pytest -n 0 tests/conformance --write-table` and compared by the suite.

| scenario | requests | {clients} |
|---|---|{marks}|
"""


def read() -> dict[str, dict[str, str]]:
    """Client -> scenario -> outcome, as committed."""
    found: dict[str, dict[str, str]] = {client: {} for client in CLIENTS}
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) == 2 + len(CLIENTS) and cells[0] != "scenario":
            for client, outcome in zip(CLIENTS, cells[2:], strict=True):
                found[client][cells[0]] = outcome
    return found


def write(client: str, outcomes: dict[str, str]) -> None:
    """Put one client's outcomes into its column."""
    found = read()
    found[client] = outcomes
    rows = [
        f"| {item.name} | {item.requests} | "
        + " | ".join(found[client].get(item.name, "?") for client in CLIENTS)
        + " |"
        for item in SCENARIOS
    ]
    head = HEAD.format(clients=" | ".join(CLIENTS), marks="---|" * (len(CLIENTS) - 1) + "---")
    PAGE.write_text(head + "\n".join(rows) + "\n")
