"""How Spark, started by `spark-submit`, talks to the pipeline: over a local connection, one document per line."""

from __future__ import annotations

import json
import os
import queue
import socket
import threading
from typing import Any


class Connection:
    """Ends this process when the connection ends, so that no Spark process outlives the pipeline."""

    def __init__(self, port: int, token: str) -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        self._stream = connection.makefile("w", encoding="utf-8", newline="\n")
        self._received: queue.Queue[dict[str, Any]] = queue.Queue()
        self.send({"token": token})
        threading.Thread(target=self._receive, args=(connection,), daemon=True).start()

    def send(self, document: dict[str, Any]) -> None:
        self._stream.write(json.dumps(document) + "\n")
        self._stream.flush()

    def receive(self) -> dict[str, Any]:
        return self._received.get()

    def _receive(self, connection: socket.socket) -> None:
        with connection.makefile("r", encoding="utf-8") as stream:
            for line in stream:
                self._received.put(json.loads(line))
        # Spark's own threads would keep the process alive.
        os._exit(0)
