"""A desk that cannot start says why, on the screen and to whoever asked for it."""

from tests.system.processes import end_embedded_exchange, start
from tests.system.test_first_session import Terminal


def test_a_damaged_journal_is_named_on_the_console_and_by_flatten(tmp_path):
    (tmp_path / "journal.db").write_bytes(b"no journal at all" * 500)
    terminal = Terminal(tmp_path)
    try:
        terminal.wait("the desk ended", "journal.db", "is not a database", "SKIM_JOURNAL_KEY", seconds=30)
    finally:
        terminal.child.close(force=True)
        end_embedded_exchange(tmp_path)
    flatten = start(tmp_path, "flatten", "--broker", "tws", "--port", "1", "--data-dir", str(tmp_path))
    said, _ = flatten.communicate(timeout=30)
    assert flatten.returncode == 1 and "is not a database" in said, said
