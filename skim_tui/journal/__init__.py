"""The durable record: SQLite models, migrations and queries."""
