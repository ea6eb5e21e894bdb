"""How Spark on a cluster communicates with the pipeline: through files in a folder of the lake, one document each.

The pipeline writes `to-0.json`, `to-1.json` and so on, and this process `from-0.json`, `from-1.json`. While it is
alive, the pipeline keeps rewriting `alive`.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

from pyspark.sql import SparkSession

from .file_systems import exists, read_text, write_text

_POLL_SECONDS = 1.0


class Mailbox:
    """Ends this process when the pipeline sends no more heartbeats, so that nobody pays for a forgotten session.

    :param patience: seconds without a heartbeat after which the pipeline is considered dead
    """

    def __init__(self, spark: SparkSession, folder: str, patience: float) -> None:
        self._spark = spark
        self._folder = folder
        self._patience = patience
        self._sent = 0
        self._read = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def send(self, document: dict[str, Any]) -> None:
        write_text(self._spark, f"{self._folder}/from-{self._sent}.json", json.dumps(document))
        self._sent += 1

    def receive(self) -> dict[str, Any]:
        place = f"{self._folder}/to-{self._read}.json"
        while not exists(self._spark, place):
            time.sleep(_POLL_SECONDS)
        document: dict[str, Any] = json.loads(read_text(self._spark, place))
        self._read += 1
        return document

    def _watch(self) -> None:
        # The clocks may differ, so what counts is when this process saw the heartbeat change.
        seen, since = "", time.monotonic()
        while time.monotonic() - since < self._patience:
            time.sleep(self._patience / 10)
            try:
                sign = read_text(self._spark, f"{self._folder}/alive")
            except Exception:  # Being replaced, or the store is unreachable: the time limit decides.
                continue
            if sign != seen:
                seen, since = sign, time.monotonic()
        os._exit(1)
