"""The exchange's TWS door, held against the clients that people use."""
