"""The Textual application that shows a desk and sends it commands."""
