"""What TWS message codes mean: for one order, for one request, and for the connection."""

from __future__ import annotations

from enum import Enum, auto

from skim_tui.broker.port import BrokerError


class RequestRefused(BrokerError):
    """A data request that TWS answered with an error: its code and words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class NoAnswer(BrokerError):
    """A request without an answer in time, or whose connection closed first."""


class Verdict(Enum):
    """What a message about an order says of its life."""

    CANCELLED = auto()
    """The order is dead."""
    REFUSED = auto()
    """What was sent was refused: a new order is dead, but a change refused leaves the old terms working."""
    ALIVE = auto()
    """A warning: the order lives on."""
    TOO_LATE = auto()
    """A cancel came too late: the order was done before, as its status says or will say."""
    ASK = auto()
    """Nothing that can be relied on: the broker must be asked."""


_VERDICTS: dict[Verdict, tuple[int, ...]] = {
    Verdict.CANCELLED: (202,),
    Verdict.REFUSED: (
        103,  # duplicate order id
        106,  # can't transmit order id
        107,  # incomplete order
        109,  # price out of the precautionary range
        110,  # price not on the ladder
        111,  # time in force and order type do not go together
        113,  # time in force must be DAY
        116,  # order cannot be transmitted to a dead exchange
        133,  # submit new order failed
        140,  # size must be an integer
        144,  # size does not match the allocation
        145,  # error in the fields
        154,  # halted security
        163,  # price violates the percentage constraint
        164,  # no market price to check the constraint with
        200,  # no security definition
        201,  # order rejected
        203,  # security not available or allowed for this account
        321,  # error validating the request
        329,  # modify failed: order type
        387,  # unsupported order type for this exchange
        388,  # size below the minimum
        391,  # time in force not valid for this exchange
        403,  # invalid stop trigger price
        411,  # account not allowed
        412,  # contract not available for trading
        421,  # error validating the request
        434,  # size cannot be zero
        435,  # no account given
        460,  # no trading permission
        463,  # no valid price
        10052,  # invalid time in force
        10326,  # OCA group cannot be changed
        10327,  # OCA type cannot be changed
    ),
    Verdict.ALIVE: (
        399,  # order message, e.g. held until the open
        404,  # shares to sell short are being located
        481,  # size was reduced
        10311,  # direct routing warning
        10349,  # time in force set by an order preset
    ),
    Verdict.TOO_LATE: (
        136,  # cannot be cancelled
        161,  # not in a cancellable state
        10148,  # cannot be cancelled, state: ...
    ),
}
_BY_CODE = {code: verdict for verdict, codes in _VERDICTS.items() for code in codes}

FARM_CODES = range(2100, 2200)
"""Warnings by definition of the protocol: farm connections, 2109 outsideRth ignored, ..."""


def order_verdict(code: int) -> Verdict:
    """What ``code`` says of the order it names; a code that is not in the table decides nothing."""
    if code in FARM_CODES:
        return Verdict.ALIVE
    return _BY_CODE.get(code, Verdict.ASK)


UPSTREAM_LOST = frozenset({1100, 2110})
RESTORED_DATA_LOST = 1101
RESTORED = 1102

FATAL_AT_CONNECT = frozenset({326, 501, 502, 503, 506, 507, 508})
"""Codes after which a connection being made will not come about; 326 is a client id in use."""

_REQUEST_WARNINGS = frozenset({300, 366, 492, 10167})


def fails_request(code: int) -> bool:
    """Whether a code about a data request ends it. 300 and 366 answer the cancel of one already gone."""
    return code not in _REQUEST_WARNINGS and code not in FARM_CODES


NO_SUCH_SHARE = 200
NO_ROWS = 165
HISTORY_MESSAGE = 162
NO_ROWS_TEXT = "no items retrieved"
NO_DATA_TEXT = "no data"
PACING_TEXT = "pacing violation"


def is_worth_retrying(error: BrokerError) -> bool:
    """Whether asking again a little later may help: lost answers and pacing."""
    if isinstance(error, RequestRefused):
        return error.code in (100, 322) or PACING_TEXT in error.text.lower()
    return isinstance(error, NoAnswer)
