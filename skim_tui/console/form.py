"""The order form's state: what was typed into which field, as a pure function of keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from skim_tui.link.trading import Draft, DraftView, TicketView

FIELDS = ("symbol", "shares", "limit", "stop", "target")
LONGEST = 12

NEXT, BEFORE = ("down", "tab", "enter"), ("up", "shift+tab")
MORE, LESS = ("right", "plus", "equals_sign"), ("left", "minus")


@dataclass(frozen=True, slots=True)
class Form:
    """Texts by field. An empty one leaves the figure to the desk's proposal."""

    texts: tuple[str, ...] = ("", "", "", "", "")
    at: int = 0
    fresh: bool = True
    """Nothing was typed since the cursor came to this field: the first character replaces its text."""
    ticket_id: str = ""
    """The waiting ticket being edited: its symbol and its side stay."""
    side: str = "BUY"

    @classmethod
    def of_ticket(cls, ticket: TicketView) -> Form:
        target = str(ticket.target) if ticket.target is not None else ""
        texts = (ticket.symbol, str(ticket.quantity), str(ticket.limit), str(ticket.stop), target)
        return cls(texts, 1, True, ticket.id, ticket.side)

    @classmethod
    def of_symbol(cls, symbol: str) -> Form:
        return cls((symbol, "", "", "", ""), 1 if symbol else 0)

    @property
    def field(self) -> str:
        return FIELDS[self.at]

    def text(self, field: str) -> str:
        return self.texts[FIELDS.index(field)]

    @property
    def draft(self) -> Draft:
        """What the texts say."""
        symbol, shares, *prices = self.texts
        limit, stop, target = (_price(text) for text in prices)
        return Draft(
            symbol=symbol, quantity=int(shares) if shares else 0, limit=limit, stop=stop, target=target,
            ticket_id=self.ticket_id,
        )  # fmt: skip

    def press(self, key: str, character: str | None, view: DraftView | None) -> Form:
        """The form after a key; itself when the key means nothing. ``view`` is the desk's last answer, which a
        step starts from."""
        first = 1 if self.ticket_id else 0
        if key in NEXT:
            return replace(self, at=min(len(FIELDS) - 1, self.at + 1), fresh=True)
        if key in BEFORE:
            return replace(self, at=max(first, self.at - 1), fresh=True)
        if key in (*MORE, *LESS) and self.field != "symbol":
            return self._step(1 if key in MORE else -1, view)
        if key == "backspace":
            return self._put("" if self.fresh else self.texts[self.at][:-1])
        if key == "delete":
            return self._put("")
        if character is not None and len(character) == 1 and self._takes(character):
            text = "" if self.fresh else self.texts[self.at]
            return self._put((text + character.upper())[:LONGEST])
        return self

    def _takes(self, character: str) -> bool:
        if self.field == "symbol":
            return character.isascii() and (character.isalnum() or character in ".-")
        if self.field == "shares":
            return character in "0123456789"
        return character in "0123456789" or (character == "." and (self.fresh or "." not in self.texts[self.at]))

    def _step(self, by: int, view: DraftView | None) -> Form:
        if view is None:
            return self
        if self.field == "shares":
            lots = max(1, _nice(view.most) // view.lot) * view.lot
            return self._put(str(max(view.lot, view.quantity + by * lots)))
        present = {"limit": view.limit, "stop": view.stop, "target": view.target or view.limit}[self.field]
        return self._put(str(max(view.step, present + by * view.step)))

    def _put(self, text: str) -> Form:
        texts = (*self.texts[: self.at], text, *self.texts[self.at + 1 :])
        return replace(self, texts=texts, fresh=False)


def _price(text: str) -> Decimal | None:
    """The price typed so far; None while there is none."""
    value = Decimal(text) if text.strip(".") else Decimal(0)
    return value if value > 0 else None


def _nice(size: int) -> int:
    """About a twentieth of ``size``, as a round number: what one step changes the shares by."""
    step = 1
    for candidate in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000):
        if candidate * 20 <= size:
            step = candidate
    return step
