"""News wires: what their headlines and articles say, and which shares they name."""
