"""Skim: a keyboard-driven trading console for momentum traders at Interactive Brokers."""

__version__ = "0.1.0"
