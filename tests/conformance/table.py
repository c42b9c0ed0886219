"""``docs/CONFORMANCE.md``: which scenario passes with which client, as the suite found."""

from __future__ import annotations

from pathlib import Path

from . import scenarios  # noqa: F401  (enters them in the list)
from .scenario import SCENARIOS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "CONFORMANCE.md"
CLIENTS = ("ib_async 2.1.0", "ibapi 10.51.1", "ibapi 9.81.1")
PASSES, LACKS, FAILS = "yes", "–", "NO"
HEAD = """# Conformance of the TWS door

What clients of the TWS API find at the embedded exchange, as `tests/conformance` found it over a socket. `yes`:
everything came that was asked for. `–`: this client has no such request. `NO`: it failed. These tables are written by
`python -m pytest -n 0 tests/conformance --write-table` and compared by the suite; so are the golden transcripts in
`tests/conformance/golden` (`--write-golden`; `python -m tests.conformance.record` records them anew), which hold every
message byte for byte at protocol versions 157 and 178. Every version between is read by ib_async in `test_versions.py`,
and `test_fuzz.py` says what is almost a message.

"""
BY_REQUEST = "## By request\n\nOf the scenarios that use a request, the number that pass.\n\n"
BY_SCENARIO = "\n## By scenario\n\n"


def read() -> dict[str, dict[str, str]]:
    """Client -> scenario -> outcome, as committed."""
    found: dict[str, dict[str, str]] = {client: {} for client in CLIENTS}
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) == 2 + len(CLIENTS) and cells[0] not in ("scenario", "---"):
            for client, outcome in zip(CLIENTS, cells[2:], strict=True):
                found[client][cells[0]] = outcome
    return found


def write(client: str, outcomes: dict[str, str]) -> None:
    """Put one client's outcomes into its column."""
    found = read()
    found[client] = outcomes
    PAGE.write_text(HEAD + BY_REQUEST + _by_request(found) + BY_SCENARIO + _by_scenario(found))


def _by_scenario(found: dict[str, dict[str, str]]) -> str:
    rows = [
        [item.name, item.requests, *(found[client].get(item.name, "?") for client in CLIENTS)] for item in SCENARIOS
    ]
    return _table(["scenario", "requests", *CLIENTS], rows)


def _by_request(found: dict[str, dict[str, str]]) -> str:
    using: dict[str, list[str]] = {}
    for item in SCENARIOS:
        for request in item.skips:
            using.setdefault(request, []).append(item.name)
    rows = [
        [request, *(_together([found[client].get(name, "?") for name in names]) for client in CLIENTS)]
        for request, names in sorted(using.items(), key=lambda pair: pair[0].lower())
    ]
    return _table(["request", *CLIENTS], rows)


def _together(outcomes: list[str]) -> str:
    """One word for all scenarios of a request: what fails is named before what passes."""
    for word in (FAILS, "?"):
        if word in outcomes:
            return f"{word} ({outcomes.count(word)} of {len(outcomes)})"
    passed = outcomes.count(PASSES)
    return f"{PASSES} ({passed})" if passed else LACKS


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
