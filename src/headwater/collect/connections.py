"""Connections: no client holds one for long by saying little.

Reads  bytes of HTTP connections
Makes  requests; connections are closed that stop in the middle, and refused (431) with too large headers

The HTTP server itself would wait for ever. How long a whole body may take is watched where it is read
(see `requests.body`); connections that are idle between two requests are the server's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEADER_SECONDS = 10.0
"""How long the headers of a request may take, from the connection or from their first byte."""
HEADER_BYTES = 64 * 1024
"""Largest request line and headers together."""
SILENCE_SECONDS = 30.0
"""How long a body may stand still."""
LINGER_SECONDS = 2.0
"""How long the rest of what was refused is thrown away, so that its client gets to see the answer."""
END = b"\r\n\r\n"
SAID = b"the request line and the headers together may have 65536 bytes"
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(SAID), SAID)
)


class Connection(H11Protocol):
    """One connection to the server."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._patience: asyncio.TimerHandle | None = None
        self._heading = bytearray()
        """What came so far of headers that are not whole."""
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for headers."""
        super().connection_made(transport)
        self._wait(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; stop waiting once the headers are whole."""
        if self._is_refused or (self.conn.their_state is h11.IDLE and self._is_too_large(data)):
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._heading = self._heading or bytearray(data)
            if self._patience is None:
                self._wait(HEADER_SECONDS)
            return
        self._heading.clear()
        self._stop_waiting()
        if self.conn.their_state is h11.SEND_BODY:
            self._wait(SILENCE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_too_large(self, data: bytes) -> bool:
        """Add to the headers that are not whole, and refuse them when they are too many."""
        if not self._heading and len(data) <= HEADER_BYTES:
            return False
        self._heading += data
        if len(self._heading) <= HEADER_BYTES or 0 <= self._heading.find(END) <= HEADER_BYTES - len(END):
            return False
        self._is_refused = True
        self.transport.write(TOO_LARGE)
        self._stop_waiting()
        self._wait(LINGER_SECONDS)
        return True

    def _wait(self, seconds: float) -> None:
        self._patience = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        """Close, unless it was the server that did not read on."""
        if self.flow.read_paused:
            self._wait(SILENCE_SECONDS)
        else:
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


SERVED_WITH: dict[str, Any] = {"http": Connection, "h11_max_incomplete_event_size": HEADER_BYTES}
"""What uvicorn is configured with to have such connections."""
