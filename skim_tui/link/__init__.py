"""How a console and a desk talk: typed commands up, snapshots and deltas down."""
