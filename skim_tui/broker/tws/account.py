"""The account's money and holdings as TWS streams them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from skim_tui.broker.port import BrokerError
from skim_tui.broker.tws.reports import ContractKey, exact
from skim_tui.domain.orders import AccountReport, PositionReport
from skim_tui.domain.session import CURRENCIES

EQUITY, CASH, BUYING_POWER, KIND = "NetLiquidation", "TotalCashValue", "BuyingPower", "AccountType"
SIMULATED = "SIMULATED"
"""The account type the embedded exchange reports; no account at the broker has it."""


class WrongAccount(BrokerError):
    """The login does not hold the account the desk is configured for."""


def choose_account(wanted: str, accounts: list[str], where: str) -> str:
    """The account to trade. Raises :class:`WrongAccount` unless there is exactly one answer."""
    if wanted:
        if wanted not in accounts:
            there = ", ".join(accounts) or "none"
            raise WrongAccount(f"account {wanted} is not logged in at {where} (there: {there})")
        return wanted
    if len(accounts) != 1:
        there = ", ".join(accounts) or "none"
        raise WrongAccount(f"{where} holds several accounts ({there}): set broker.account to one of them")
    return accounts[0]


class Account:
    """One account: its values in its base currency, and its shares in the currency of the desk's market."""

    def __init__(self, account: str, mic: str) -> None:
        self.account = account
        self._currency = CURRENCIES[mic]
        self._values: dict[str, tuple[str, str]] = {}
        self._positions: dict[str, PositionReport] = {}
        self._fresh: dict[str, PositionReport] | None = None
        self._changed = False

    # ---- what the broker says -------------------------------------------------------------------

    def take_value(self, account: str, tag: str, value: str, currency: str) -> None:
        if account == self.account and tag in (EQUITY, CASH, BUYING_POWER, KIND):
            self._changed |= self._values.get(tag) != (value, currency)
            self._values[tag] = (value, currency)

    def take_position(self, account: str, contract: ContractKey, quantity: int, cost: float) -> PositionReport | None:
        """A position message; the report if it is news."""
        if account != self.account or not self.trades(contract):
            return None
        report = PositionReport(contract.symbol, quantity, exact(cost, 6))
        if self._fresh is not None:
            self._fresh[report.symbol] = report
        known = self._positions.get(report.symbol)
        if known == report or (known is None and quantity == 0):
            return None
        self._positions[report.symbol] = report
        return report

    def trades(self, contract: ContractKey) -> bool:
        """Whether an instrument belongs to the desk's market: shares in its currency. The same symbol in
        another currency is another share."""
        return contract.sec_type == "STK" and contract.currency == self._currency

    def begin_positions(self) -> None:
        """A whole list of positions is about to come."""
        self._fresh = {}

    def end_positions(self) -> None:
        """The list is complete: what it does not name is not held."""
        if self._fresh is not None:
            self._positions, self._fresh = self._fresh, None

    # ---- what is known --------------------------------------------------------------------------

    @property
    def positions(self) -> tuple[PositionReport, ...]:
        """What is held; closed positions are left out."""
        return tuple(report for report in self._positions.values() if report.quantity != 0)

    def report(self) -> AccountReport:
        """The money. Raises :class:`BrokerError` when the broker has not told the net liquidation value."""
        missing = [tag for tag in (EQUITY, CASH) if tag not in self._values]
        if missing:
            raise BrokerError(f"account {self.account}: the broker reports no {' and no '.join(missing)}")
        return AccountReport(
            account=self.account,
            currency=self._values[EQUITY][1] or self._currency,
            equity=self._money(EQUITY),
            cash=self._money(CASH),
            buying_power=self._money(BUYING_POWER),
            simulated=self._values.get(KIND, ("", ""))[0].upper() == SIMULATED,
            paper=self.account.startswith("D"),
        )

    def news(self) -> AccountReport | None:
        """The report, if it changed since this was last asked."""
        if not self._changed or EQUITY not in self._values or CASH not in self._values:
            return None
        self._changed = False
        return self.report()

    def _money(self, tag: str) -> Decimal:
        value = self._values.get(tag, ("0", ""))[0]
        try:
            return Decimal(value)
        except InvalidOperation:
            raise BrokerError(f"account {self.account}: {tag} is {value!r}, not a number") from None
