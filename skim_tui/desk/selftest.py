"""Runs the self-test beside the desk, in a process of its own, and publishes its report as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable

from skim_tui.desk.context import Context
from skim_tui.link.health import SelfTestView

LONGEST = 300.0
"""Real seconds after which a self-test that does not end is ended."""

Publish = Callable[[str, SelfTestView], None]


class SelfTest:
    """At most one at a time. The desk goes on as it was: the trial has its own exchange and its own journal."""

    def __init__(self, context: Context, publish: Publish, clear: Callable[[str], None]) -> None:
        self._context = context
        self._publish = publish
        self._clear = clear
        self._task: asyncio.Task[None] | None = None
        self._shown: list[str] = []

    def start(self, who: str) -> tuple[bool, str]:
        """Begin, on a simulated or paper account only."""
        account = self._context.account
        if account is None:
            return False, "self-test not started: the account is not known yet"
        if not account.simulated and not account.paper:
            return False, f"self-test not started: {account.account} is a live account"
        if self._task is not None and not self._task.done():
            return False, "a self-test is running already"
        for key in self._shown:
            self._clear(key)
        self._shown.clear()
        self._context.log("info", f"self-test begun by {who}")
        self._task = asyncio.create_task(self._run(), name="self-test")
        return True, "self-test begun: about half a minute"

    async def stop(self) -> None:
        """End one that runs."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "skim_tui.selftest", "report", "--json",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(LONGEST):
                assert process.stdout is not None
                async for line in process.stdout:
                    self._take(line)
                await process.wait()
        except TimeoutError:
            self._say(SelfTestView("verdict", False, f"not done within {LONGEST:.0f} s: ended"))
        finally:
            # It and the desks it forked, which would hold its output open, are one group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if "verdict" not in self._shown:
            self._say(SelfTestView("verdict", False, f"it ended without a verdict (exit code {process.returncode})"))

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            view = SelfTestView(str(said["name"]), bool(said["ok"]), str(said["text"]))
        except (ValueError, KeyError, TypeError):
            return  # a library's word on standard output is no line of the report
        self._say(view)

    def _say(self, view: SelfTestView) -> None:
        self._shown.append(view.name)
        self._publish(view.name, view)
        if not view.ok:
            self._context.log("error", f"self-test: {view.name}: {view.text}")
        elif view.name == "verdict":
            self._context.log("info", f"self-test: {view.text}")
