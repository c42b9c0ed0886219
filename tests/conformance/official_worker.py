"""Runs the official client in a process of its own: calls come as JSON lines on stdin, callbacks leave on stdout.

Two versions of it are tested and both are called ``ibapi``; which one this is, PYTHONPATH decides.
"""

import inspect
import json
import sys
import threading
import traceback
from decimal import Decimal
from enum import Enum

import ibapi
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.scanner import ScannerSubscription
from ibapi.tag_value import TagValue
from ibapi.wrapper import EWrapper

CLASSES = {
    "Contract": Contract,
    "Order": Order,
    "ExecutionFilter": ExecutionFilter,
    "ScannerSubscription": ScannerSubscription,
}
RENAMED = {"commissionAndFeesReport": "commissionReport", "commissionReport": "commissionReport"}
FIELDS = {"commissionAndFees": "commission", "minCommissionAndFees": "minCommission", "lastTradeDate": "lastTradeDate",
          "maxCommissionAndFees": "maxCommission", "commissionAndFeesCurrency": "commissionCurrency"}  # fmt: skip
SILENT = {"logAnswer", "connectAck", "winError"}

writing = threading.Lock()
leaving = threading.Event()


def say(line: dict) -> None:
    with writing:
        sys.stdout.write(json.dumps(line, default=plain) + "\n")
        sys.stdout.flush()


def plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if hasattr(value, "__dict__"):
        return {FIELDS.get(name, name): item for name, item in vars(value).items()}
    return str(value)


def teller(name: str, names: list[str]):
    def tell(self: object, *args: object, **named: object) -> None:
        told = dict(zip(names, args, strict=False)) | named
        say(
            {"event": RENAMED.get(name, name), "args": {"report" if name in RENAMED else k: v for k, v in told.items()}}
        )

    return tell


class Teller(EWrapper):
    """Every callback, told."""


for name, method in inspect.getmembers(EWrapper, inspect.isfunction):
    if not name.startswith("_") and name not in SILENT and not name.lower().endswith("protobuf"):
        setattr(Teller, name, teller(name, list(inspect.signature(method).parameters)[1:]))


def build(value: object) -> object:
    """A JSON value as the client's own object."""
    if isinstance(value, list):
        return [build(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.pop("$")
    if kind == "Decimal":
        return Decimal(value["value"])
    if kind == "TagValue":
        made = TagValue(value["tag"], value["value"])
    else:
        made = CLASSES[kind]()
        for name, item in value.items():
            setattr(made, name, build(item))
    return made


def missing(name: str) -> object:
    """What a parameter means that only this version of the client has."""
    if name == "orderCancel":
        from ibapi.order_cancel import OrderCancel

        return OrderCancel()
    return ""


def call(client: EClient, name: str, args: list) -> None:
    method = getattr(client, name)
    wanted = list(inspect.signature(method).parameters)
    method(*[build(arg) for arg in args], *[missing(extra) for extra in wanted[len(args) :]])


def listen(client: EClient) -> None:
    """The client's own loop; what it raises would otherwise end it in silence."""
    try:
        client.run()
    except Exception:
        if leaving.is_set():
            return  # the client takes its version away while its own loop still reads it
        say({"event": "fault", "args": {"call": "run", "text": traceback.format_exc(limit=-4)}})


def main() -> None:
    say({"event": "ready", "args": {"version": ibapi.get_version_string()}})
    client, running = None, None
    for line in sys.stdin:
        order = json.loads(line)
        name, args = order["call"], order["args"]
        try:
            if name == "connect":
                leaving.clear()
                client = EClient(Teller())
                client.connect(*args)
                running = threading.Thread(target=listen, args=[client], daemon=True)
                running.start()
            elif client is None:
                raise RuntimeError("not connected")
            elif name == "disconnect":
                leaving.set()
                client.disconnect()
                say({"event": "disconnected", "args": {}})
            elif not hasattr(client, name):
                say({"event": "unoffered", "args": {"call": name}})
            else:
                call(client, name, args)
        except Exception as fault:
            say({"event": "fault", "args": {"call": name, "text": repr(fault)}})


main()
