"""Takes jobs from the pipeline, one at a time, and answers with states and then with the result or the failure."""

from __future__ import annotations

import json
import os
import sys
import traceback
import zipfile
from pathlib import Path
from typing import Any, Protocol

from pyspark.sql import SparkSession

from .connection import Connection
from .documents import read_job
from .file_systems import read_text
from .job import run_job
from .mailbox import Mailbox
from .salt import NoSalt, salt_of_lake


class Channel(Protocol):
    def send(self, document: dict[str, Any]) -> None: ...

    def receive(self) -> dict[str, Any]:
        """Waits for the next document."""


def serve() -> None:
    """Serves the pipeline that started this process: by `spark-submit`, or through Livy with arguments."""
    if len(sys.argv) > 1:
        _serve_mailbox(*sys.argv[1:])
    else:
        _serve_connection()


def _serve_connection() -> None:
    salt = os.environ.pop("CLEVER_LAKE_SALT")
    channel = Connection(int(os.environ["CLEVER_LAKE_PORT"]), os.environ.pop("CLEVER_LAKE_TOKEN"))
    spark = _spark()
    spark.sparkContext.addPyFile(str(_package(Path(os.environ["CLEVER_LAKE_SCRATCH"]) / "clever_lake.zip")))
    _serve_jobs(spark, channel, salt)


def _serve_mailbox(folder: str, service: str, vault: str, patience: str) -> None:
    spark = _spark()
    channel = Mailbox(spark, folder, float(patience))
    try:
        salt = salt_of_lake(service, vault, json.loads(read_text(spark, f"{folder}/salt.json")))
    except NoSalt as error:
        channel.send({"noSalt": str(error)})
        sys.exit(1)
    _serve_jobs(spark, channel, salt)
    spark.stop()


def _serve_jobs(spark: SparkSession, channel: Channel, salt: str) -> None:
    """Runs jobs until the pipeline sends a document without one."""
    channel.send({"state": "ready"})
    while True:
        asked = channel.receive()
        if "job" not in asked:
            return
        try:
            job = read_job(asked["job"], lambda place: read_text(spark, place))
            result = run_job(spark, job, salt, lambda state: channel.send({"state": state}))
            channel.send({"result": result})
        except Exception as error:  # Whatever it is, the pipeline reports it, and the next job may succeed.
            channel.send({"error": _kind_of(error)})


def _spark() -> SparkSession:
    return SparkSession.builder.appName("Clever Lake").getOrCreate()


def _package(place: Path) -> Path:
    """This package as a file that executors can import from."""
    folder = Path(__file__).parent
    with zipfile.ZipFile(place, "w") as archive:
        for source in sorted(folder.glob("*.py")):
            archive.write(source, f"{folder.name}/{source.name}")
    return place


def _kind_of(error: Exception) -> str:
    """The type of an error and its location, but not its message, which may contain cells."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    kinds = [type(error).__name__]
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None and len(kinds) < 5:
        kinds.append(java.getClass().getName())
        java = java.getCause()
    return " from ".join(kinds) + where
