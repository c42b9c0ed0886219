"""A terminal driver that drops frames while the terminal does not read them, instead of stopping the program.

Textual queues thirty writes for its writer thread and then waits inside the event loop; over a stalled line
that is seconds in which no key counts. Here a frame that would wait behind others is dropped, and one full
picture is drawn once the terminal reads again.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.drivers.linux_driver import LinuxDriver

BEHIND, NEARLY_FULL = 4, 24
"""So many writes wait: the terminal does not keep up, or the next but few would block."""

SHORT = 64
"""Characters of a write that opens or closes a synchronised update, rings or names: those are let through."""


class SkimDriver(LinuxDriver):
    """Counts what it sends and what it leaves out."""

    bytes_sent = 0
    frames_sent = 0
    frames_dropped = 0
    dropping = False
    """The application runs; before and after, every byte matters and waits its turn."""
    missed = False
    """Something was dropped since the last full picture."""

    @property
    def waiting(self) -> int:
        """Writes that the terminal has not taken yet."""
        return self._writer_thread._queue.qsize() if self._writer_thread is not None else 0

    def write(self, data: str) -> None:
        if self.dropping:
            if self.waiting >= (BEHIND if len(data) > SHORT else NEARLY_FULL):
                self.frames_dropped += 1
                self.missed = True
                return
            self.bytes_sent += len(data.encode())
            self.frames_sent += 1
        super().write(data)

    def stop_application_mode(self) -> None:
        self.dropping = False
        super().stop_application_mode()

    def catch_up(self, redraw: Callable[[], None]) -> None:
        """Draw everything again if something was dropped and the terminal reads again."""
        if self.missed and self.waiting == 0:
            self.missed = False
            redraw()
