"""An address that answers nothing at all, as behind a firewall that drops packets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def silent_address() -> Iterator[str]:
    """Answer the URL of a port whose queue of callers is full: the kernel drops every further attempt to connect."""
    with contextlib.ExitStack() as held:
        server = held.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.connect(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
