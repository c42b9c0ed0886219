"""What the desk tells: rows for the consoles, the journal's answers, the daily report."""
