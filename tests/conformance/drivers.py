"""One way to drive every client: call a request by its API name, wait for callbacks by theirs."""

from __future__ import annotations

import asyncio
import fcntl
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ib_async
from ib_async.wrapper import Wrapper

WAIT = 4.0
"""Seconds after which a callback that did not come is missed."""

Match = Callable[[Any], bool]


class Unoffered(Exception):
    """This client has no such request."""


class Missing(AssertionError):
    """A callback did not come."""


def thing(kind: str, **fields: Any) -> dict[str, Any]:
    """An object of the client's own, described."""
    return {"$": kind, **fields}


class Driver:
    """A client under test and everything it has told so far."""

    name: str

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        self._seen = 0

    async def connect(self, port: int, client_id: int) -> None:
        raise NotImplementedError

    async def disconnect(self) -> None:
        raise NotImplementedError

    async def call(self, name: str, *args: Any) -> None:
        """Send a request. Raises :class:`Unoffered`."""
        raise NotImplementedError

    async def close(self) -> None:
        """The client is not needed any more."""

    def tell(self, name: str, args: dict[str, Any]) -> None:
        self.events.append((name, simple(args)))
        self._news.set()

    def mark(self) -> None:
        """What was told so far is not waited for any more."""
        self._seen = len(self.events)

    @property
    def position(self) -> int:
        """How many callbacks there have been."""
        return len(self.events)

    def told(self, *names: str) -> list[Any]:
        """The callbacks of these names since the mark."""
        return [args for name, args in self.events[self._seen :] if name in names]

    async def wait(self, name: str, match: Match = lambda args: True, *, seconds: float = WAIT) -> Any:
        """The first callback since the mark that fits."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for args in self.told(name):
                        if match(args):
                            return args
                    if name != "unoffered" and self.told("unoffered"):
                        raise Unoffered(self.told("unoffered")[0].call)
                    if name != "fault" and self.told("fault"):
                        raise AssertionError(self.told("fault")[0].text)
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            heard = ", ".join(f"{name}({brief(args)})" for name, args in self.events[self._seen :][-12:])
            raise Missing(f"{self.name}: no such {name}; heard {heard or 'nothing'}") from None

    async def ask(self, name: str, *args: Any, until: str, match: Match = lambda args: True) -> Any:
        """Send a request and wait for its answer."""
        self.mark()
        await self.call(name, *args)
        return await self.wait(until, match)

    async def settle(self) -> None:
        """Everything the exchange has said by now has been told."""
        before = len(self.events)
        await self.call("reqCurrentTime")
        async with asyncio.timeout(WAIT):
            while not any(name == "currentTime" for name, _ in self.events[before:]):
                if self.told("fault"):
                    raise AssertionError(self.told("fault")[0].text)
                self._news.clear()
                await self._news.wait()


def simple(value: Any) -> Any:
    """Any client's object as plain attributes."""
    if isinstance(value, dict):
        return SimpleNamespace(**{str(key): simple(item) for key, item in value.items()})
    if isinstance(value, list):
        return [simple(item) for item in value]
    return value


def brief(args: Any) -> str:
    return str(vars(args) if isinstance(args, SimpleNamespace) else args)[:300]


# ---- ib_async -----------------------------------------------------------------------------------


class IbAsync(Driver):
    """``ib_async``: connected as an application connects it, then driven request by request."""

    name = "ib_async"

    def __init__(self) -> None:
        super().__init__()
        self.ib = ib_async.IB()

    async def connect(self, port: int, client_id: int) -> None:
        self.ib = ib = ib_async.IB()
        ib.client.MaxRequests = 0
        self.prepare()
        for name, method in inspect.getmembers(ib.wrapper, inspect.ismethod):
            if hasattr(Wrapper, name) and (name in CALLBACKS or name == "priceSizeTick"):
                setattr(ib.wrapper, name, self._listening(name, method))
        await ib.connectAsync("127.0.0.1", port, clientId=client_id, timeout=WAIT, raiseSyncErrors=True)

        self.agreed = ib.client.serverVersion()

    def prepare(self) -> None:
        """What else is set before it connects."""

    def _listening(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        names = CALLBACKS.get(name) or list(inspect.signature(method).parameters)
        if len(names) != len(inspect.signature(method).parameters):
            names = [part.strip("_") for part in inspect.signature(method).parameters]

        def heard(*args: Any) -> Any:
            told = {key: flat(value) for key, value in zip(names, args, strict=False)}
            if name == "priceSizeTick":
                self.tell("tickPrice", told)
                size = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}.get(args[1])
                if size is not None:
                    self.tell("tickSize", {"reqId": args[0], "tickType": size, "size": args[3]})
            elif name == "commissionReport":
                self.tell(name, {"report": flat(args[0])})
            else:
                self.tell(name, told)
            return method(*args)

        return heard

    async def disconnect(self) -> None:
        self.ib.disconnect()
        await asyncio.sleep(0)

    async def call(self, name: str, *args: Any) -> None:
        method = getattr(self.ib.client, name, None)
        if method is None:
            raise Unoffered(name)
        built = [self._build(arg) for arg in args]
        wanted = [item for item in inspect.signature(method).parameters.values() if item.default is item.empty]
        method(*built, *[""] * (len(wanted) - len(built)))

    def _build(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._build(item) for item in value]
        if not isinstance(value, dict):
            return value
        fields = {key: self._build(item) for key, item in value.items() if key != "$"}
        if value["$"] == "TagValue":
            return ib_async.TagValue(fields["tag"], fields["value"])
        return getattr(ib_async, value["$"])(**fields)


def flat(value: Any) -> Any:
    """ib_async's objects as the official client's look: attributes only."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [flat(item) for item in value]
    if hasattr(value, "_asdict"):
        return {key: flat(item) for key, item in value._asdict().items()}
    if hasattr(value, "__dataclass_fields__"):
        return {key: flat(getattr(value, key)) for key in value.__dataclass_fields__}
    return value


# ---- the official client ------------------------------------------------------------------------


class Official(Driver):
    """The official client, in a process of its own."""

    def __init__(self, name: str, search: Path | None) -> None:
        super().__init__()
        self.name = name
        self._search = search
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self._search or "")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, str(Path(__file__).with_name("official_worker.py")),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, limit=16 << 20,
        )  # fmt: skip
        self._listening = asyncio.create_task(self._listen(), name=f"{self.name} callbacks")
        await self.wait("ready", seconds=30)

    async def _listen(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            self.tell(told["event"], told["args"])

    async def connect(self, port: int, client_id: int) -> None:
        self.mark()
        await self._send("connect", "127.0.0.1", port, client_id)
        await self.wait("nextValidId")

    async def disconnect(self) -> None:
        self.mark()
        await self._send("disconnect")
        await self.wait("disconnected")

    async def call(self, name: str, *args: Any) -> None:
        await self._send(name, *args)

    async def _send(self, name: str, *args: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"call": name, "args": args}).encode() + b"\n")
        await self._process.stdin.drain()

    async def close(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 3)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._listening is not None:
            await self._listening


def installed(package: str, version: str) -> Path:
    """The folder of a package that cannot live beside its newer self. Raises OSError when it cannot be had."""
    cache = Path(os.environ["SKIM_CACHE_DIR"]) / "clients"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{package}-{version}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = cache / f"{folder.name}.new"
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
                       "--retries", "0", "--target", str(fresh), f"{package}=={version}"]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            if done.returncode:
                said = done.stderr.strip().splitlines()
                raise OSError(f"{package} {version} cannot be installed: {said[-1] if said else 'pip failed'}")
            fresh.rename(folder)
    return folder


def _callbacks() -> dict[str, list[str]]:
    """Callbacks and their parameters, as the newest official client names them."""
    from ibapi.wrapper import EWrapper

    named = {
        name: list(inspect.signature(method).parameters)[1:]
        for name, method in inspect.getmembers(EWrapper, inspect.isfunction)
        if not name.startswith("_")
    }
    named["commissionReport"] = ["report"]
    named["error"] = ["reqId", "errorCode", "errorString", "advancedOrderRejectJson"]
    return named


CALLBACKS = _callbacks()
