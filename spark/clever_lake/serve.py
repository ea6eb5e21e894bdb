"""Takes jobs from the pipeline, one after the other, over a connection to this machine.

Each line is a JSON document. The pipeline sends the path of a job's document; it is answered by states, and then by the
path of the result's document, or by what failed. When the connection ends, so does this process: whatever becomes of the
pipeline, no Spark is left behind.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import threading
import traceback
import zipfile
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from .documents import read_job
from .job import run_job


def serve() -> None:
    salt = os.environ.pop("CLEVER_LAKE_SALT")
    token = os.environ.pop("CLEVER_LAKE_TOKEN")
    connection = socket.create_connection(("127.0.0.1", int(os.environ["CLEVER_LAKE_PORT"])))
    stream = connection.makefile("rw", encoding="utf-8", newline="\n")

    def send(document: dict[str, Any]) -> None:
        stream.write(json.dumps(document) + "\n")
        stream.flush()

    send({"token": token})
    jobs: queue.Queue[dict[str, str]] = queue.Queue()
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    spark = SparkSession.builder.appName("Clever Lake").getOrCreate()
    scratch = Path(os.environ["CLEVER_LAKE_SCRATCH"])
    spark.sparkContext.addPyFile(str(_package(scratch / "clever_lake.zip")))
    send({"state": "ready"})
    while True:
        asked = jobs.get()
        try:
            job = read_job(Path(asked["job"]).read_text(encoding="utf-8"))
            result = run_job(spark, job, salt, lambda state: send({"state": state}))
            Path(asked["result"]).write_text(json.dumps(result), encoding="utf-8")
            send({"result": asked["result"]})
        except Exception as error:  # Whatever it is, the pipeline tells it, and the next job may fare better.
            send({"error": _kind_of(error)})


def _receive(connection: socket.socket, jobs: queue.Queue[dict[str, str]]) -> None:
    # A stream of its own: one that reads and writes cannot do both at once.
    with connection.makefile("r", encoding="utf-8") as stream:
        for line in stream:
            jobs.put(json.loads(line))
    # Spark's own threads would keep a process that ends by itself.
    os._exit(0)


def _package(place: Path) -> Path:
    """This package as a file that executors can import from."""
    folder = Path(__file__).parent
    with zipfile.ZipFile(place, "w") as archive:
        for source in sorted(folder.glob("*.py")):
            archive.write(source, f"{folder.name}/{source.name}")
    return place


def _kind_of(error: Exception) -> str:
    """What kind of error it is, and where: its message may hold cells."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    kinds = [type(error).__name__]
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None and len(kinds) < 5:
        kinds.append(java.getClass().getName())
        java = java.getCause()
    return " from ".join(kinds) + where
