"""Calls in other processes, which end with the process that asked for them, and not before."""

import signal
from collections.abc import Iterable, Iterator
from multiprocessing import resource_tracker
from typing import Any


def shared_out(pool: Any, calls: Iterable[Any]) -> Iterator[Any]:
    """What the delayed calls return, as it comes, from a joblib pool with return_as="generator_unordered".

    Its processes never hear Ctrl-C, from their first instruction on: who asks hears it, and closing this ends them.
    Otherwise one that is idle, or still importing, would die with a traceback on the terminal.
    """
    resource_tracker.ensure_running()  # first, since starting it unblocks the signal
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by processes and threads begun now
    try:
        returned = pool(calls)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
    yield from returned
