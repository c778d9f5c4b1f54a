"""Inside the virtual machine: a port of its loopback leads to the same port of the host's loopback.

So addresses mean the same on both sides. `python -m tests.usb.forward PORT`
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading

HOST = "10.0.2.2"
"""Where QEMU's user network shows the host."""


class Forward(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with socket.create_connection((HOST, self.server.server_address[1])) as far:
            back = threading.Thread(target=_pour, args=(far, self.request), daemon=True)
            back.start()
            _pour(self.request, far)
            back.join()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while got := source.recv(65536):
            target.sendall(got)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Forward) as server:
        server.serve_forever()
