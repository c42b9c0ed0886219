"""Telling the operator who is not looking: Discord messages and what rings the terminal's bell."""
