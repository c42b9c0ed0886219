"""Runs skim: ``python -m skim_tui``."""

import sys

from skim_tui.cli import main

sys.exit(main())
