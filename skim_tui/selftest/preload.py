"""What every desk process needs, imported once in the server they are forked from."""

import skim_tui.broker.tws
import skim_tui.calendar_source
import skim_tui.desk.service
import skim_tui.journal
import skim_tui.logs
import skim_tui.selftest.market  # noqa: F401
