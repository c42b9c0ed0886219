"""The exchange's company announcements: its public lists, a pasted list, and how often to ask."""
