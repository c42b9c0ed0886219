"""The journal's tables. Prices and money are exact decimal text."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import peewee as pw


class ExactField(pw.TextField):
    """A Decimal kept as its own text."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else str(value)

    def python_value(self, value: Any) -> Any:
        return None if value is None else Decimal(value)


class DayField(pw.TextField):
    """A date as ISO text."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def python_value(self, value: Any) -> Any:
        return None if value is None else date.fromisoformat(value)


class JsonField(pw.TextField):
    """Nested tuples as JSON."""

    def db_value(self, value: Any) -> Any:
        return json.dumps(value, default=str)

    def python_value(self, value: Any) -> Any:
        return tuple(tuple(row) for row in json.loads(value))


class Ticket(pw.Model):
    id = pw.TextField(primary_key=True)
    account = pw.TextField(index=True)
    session_date = DayField()
    symbol = pw.TextField()
    strategy = pw.TextField()
    side = pw.TextField()
    state = pw.TextField()
    reason = pw.TextField()
    quantity = pw.IntegerField()
    limit = ExactField()
    stop = ExactField()
    target = ExactField(null=True)
    risk = ExactField()
    value = ExactField()
    fees = ExactField()
    created = pw.FloatField()
    decided = pw.FloatField(null=True)
    decided_by = pw.TextField()
    evidence = JsonField()
    gates = JsonField()


class Order(pw.Model):
    ref = pw.TextField(primary_key=True)
    ticket_id = pw.TextField(index=True)
    account = pw.TextField(index=True)
    symbol = pw.TextField()
    leg = pw.TextField()
    side = pw.TextField()
    type = pw.TextField()
    quantity = pw.IntegerField()
    limit = ExactField(null=True)
    stop = ExactField(null=True)
    tif = pw.TextField()
    oca_group = pw.TextField()
    parent_ref = pw.TextField()
    status = pw.TextField()
    filled = pw.IntegerField()
    avg_price = ExactField()
    perm_id = pw.IntegerField()
    reason = pw.TextField()
    created = pw.FloatField()
    updated = pw.FloatField()


class FillRow(pw.Model):
    exec_id = pw.TextField(primary_key=True)
    ref = pw.TextField(index=True)
    account = pw.TextField(index=True)
    symbol = pw.TextField()
    side = pw.TextField()
    quantity = pw.IntegerField()
    price = ExactField()
    ts = pw.FloatField()
    perm_id = pw.IntegerField()
    fees = ExactField(null=True)
    fee_currency = pw.TextField()

    class Meta:
        table_name = "fill"


class PositionRow(pw.Model):
    id = pw.TextField(primary_key=True)
    account = pw.TextField(index=True)
    symbol = pw.TextField()
    ticket_id = pw.TextField()
    quantity = pw.IntegerField()
    bought = pw.IntegerField()
    entry_price = ExactField()
    initial_stop = ExactField()
    risk_per_share = ExactField()
    opened = pw.FloatField()
    opened_session = DayField()
    state = pw.TextField()
    stop_ref = pw.TextField()
    stop_price = ExactField(null=True)
    half_done = pw.BooleanField()
    realised = ExactField()
    fees = ExactField()
    exit_value = ExactField()
    exit_quantity = pw.IntegerField()
    closed = pw.FloatField(null=True)
    why_closed = pw.TextField()
    side = pw.TextField()

    class Meta:
        table_name = "position"


class Candidate(pw.Model):
    account = pw.TextField()
    session_date = DayField()
    symbol = pw.TextField()
    prev_close = pw.FloatField(null=True)
    open = pw.FloatField(null=True)
    gap_pct = pw.FloatField(null=True)
    or_high = pw.FloatField(null=True)
    or_low = pw.FloatField(null=True)
    first_break_ts = pw.FloatField(null=True)
    break_price = pw.FloatField(null=True)
    low_of_day_at_break = pw.FloatField(null=True)
    state = pw.TextField()
    why_not = pw.TextField()
    rel_volume = pw.FloatField(null=True)
    signals = pw.IntegerField(default=0)
    source = pw.TextField(default="")
    range_rule = pw.TextField(default="")
    news = pw.TextField(default="")

    class Meta:
        primary_key = pw.CompositeKey("account", "session_date", "symbol")


class Event(pw.Model):
    ts = pw.FloatField()
    who = pw.TextField()
    what = pw.TextField()
    subject = pw.TextField(index=True)
    why = pw.TextField()
    data = pw.TextField()


class Latch(pw.Model):
    name = pw.TextField(primary_key=True)
    value = pw.TextField()
    since = pw.FloatField()


TABLES: tuple[type[pw.Model], ...] = (Ticket, Order, FillRow, PositionRow, Candidate, Event, Latch)
