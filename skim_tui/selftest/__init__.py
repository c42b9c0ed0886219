"""The desk put to the test against the embedded exchange, judged from the exchange's side."""
