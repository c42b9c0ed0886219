"""The engine: it turns broker events into tickets, orders, protected positions and exits."""
