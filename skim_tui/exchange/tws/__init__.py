"""The TWS API socket door of the embedded exchange."""
