"""International securities numbers of listings: made of country and code, with the standard's check digit."""

from __future__ import annotations

from functools import lru_cache

from skim_tui.domain.instrument import Instrument
from skim_tui.domain.session import ASX


@lru_cache(maxsize=4096)
def isin_of(instrument: Instrument) -> str:
    """``AU000000BHP4`` for BHP. The national number is the code, right-aligned, which is how ASX numbers are made."""
    country = "AU" if instrument.mic == ASX else "US"
    letters = "".join(letter for letter in instrument.symbol.upper() if letter.isalnum())
    stem = f"{country}{letters[-9:]:0>9}"
    return f"{stem}{check_digit(stem)}"


def check_digit(stem: str) -> int:
    """The last digit of an ISIN. Source: ISO 6166, letters as 10 to 35, every second digit doubled from the right."""
    digits = [int(digit) for letter in stem for digit in str(int(letter, 36))]
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if index % 2 == 0 else digit
        total += doubled // 10 + doubled % 10
    return -total % 10
