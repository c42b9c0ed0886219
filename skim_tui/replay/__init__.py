"""Recorded days through the same desk at full speed."""
