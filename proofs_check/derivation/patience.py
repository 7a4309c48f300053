"""A limit on the time that a step may take: of the processor, so that the load of the machine decides no status."""

import signal
import threading
from typing import Any

SECONDS = 5.0
WALL = 6  # times longer by the clock, for what waits
AGAIN = 0.5  # seconds between two rings: one in the middle of a callback would be swallowed
TIMERS = (("ITIMER_PROF", "SIGPROF", 1), ("ITIMER_REAL", "SIGALRM", WALL))


class OutOfTime(BaseException):
    """Not an Exception: libraries that catch all errors must not swallow it."""


class patience:
    """Raises OutOfTime in the main thread after some seconds of work; an inner use leaves the outer limit alone."""

    running = False

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and not patience.running and hasattr(signal, "setitimer"):
            patience.running = True
            for timer, bell, longer in TIMERS:
                ringing = getattr(signal, bell)
                self.before[ringing] = signal.signal(ringing, self._ring)
                signal.setitimer(getattr(signal, timer), self.seconds * longer, AGAIN)

    def __exit__(self, *_: object) -> None:
        if not self.before:
            return
        for timer, _bell, _longer in TIMERS:
            signal.setitimer(getattr(signal, timer), 0)
        for ringing, before in self.before.items():
            signal.signal(ringing, before)
        self.before = {}
        patience.running = False

    def _ring(self, _number: int, frame: Any) -> None:
        if frame is None or frame.f_code.co_name not in ("gc_callback", "__del__"):
            raise OutOfTime
