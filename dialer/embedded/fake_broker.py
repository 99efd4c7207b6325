"""The broker of last resort: fakeredis behind a socket, where no Valkey binary can run.

Run as `python -m dialer.embedded.fake_broker PORT`. Good enough to try the dialer; slower than
Valkey, and messages are lost with the process (which costs time, never a lead).
"""

import socket
import sys
from typing import Any

from fakeredis import TcpFakeServer


class _Server(TcpFakeServer):
    daemon_threads = True

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        # Without it every answer waits up to 40 ms for the next one.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


def serve(port: int) -> None:
    """Serve on loopback until the process is ended."""
    server = _Server(("127.0.0.1", port))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
