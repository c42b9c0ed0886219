"""The exchange's public web side: announcement lists, as its own site shows them."""
