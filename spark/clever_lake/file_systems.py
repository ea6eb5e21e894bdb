"""Small files in any file system that Spark reaches by an address."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def exists(spark: SparkSession, address: str) -> bool:
    path, file_system = _opened(spark, address)
    return bool(file_system.exists(path))


def read_text(spark: SparkSession, address: str) -> str:
    assert spark._jvm is not None
    path, file_system = _opened(spark, address)
    stream = file_system.open(path)
    try:
        text: str = spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        return text
    finally:
        stream.close()


def write_text(spark: SparkSession, address: str, text: str) -> None:
    """Writes a new file atomically: it appears complete or not at all."""
    beside, file_system = _opened(spark, address + ".tmp")
    stream = file_system.create(beside, True)
    try:
        stream.write(bytearray(text, "utf-8"))
    finally:
        stream.close()
    if not file_system.rename(beside, _opened(spark, address)[0]):
        raise OSError("a file could not be renamed")


def _opened(spark: SparkSession, address: str) -> tuple[Any, Any]:
    assert spark._jvm is not None and spark._jsc is not None
    path = spark._jvm.org.apache.hadoop.fs.Path(address)
    return path, path.getFileSystem(spark._jsc.hadoopConfiguration())
