"""Announcements and news: what is shown, and which items are tested for a shock."""
