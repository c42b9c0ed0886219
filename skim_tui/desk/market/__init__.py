"""What the desk follows and why: candidates, their market data, and how alive it is."""
