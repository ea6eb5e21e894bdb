"""One job: reads landed files of a report and writes the clean ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable

from pyspark.sql import SparkSession

from .checks import check_files
from .documents import Job
from .file_systems import exists
from .lines import as_glob, read_lines
from .output import write_people, write_rows

# Reading must not depend on the cluster's defaults.
SETTINGS = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.parquet.writeLegacyFormat": "false",
    # Plans name every column of every expression; nobody reads them.
    "spark.sql.maxPlanStringLength": "4096",
}
# Bytes of landed files per part that Spark shuffles: its default of 200 parts costs more than a small job.
PART_BYTES = 32 * 1024 * 1024


def run_job(spark: SparkSession, job: Job, salt: str, report_state: Callable[[str], None]) -> dict[str, Any]:
    """Reads the clean ones of a job's files; returns the document from which the pipeline commits.

    The lines are read and parsed once. One action finds all that a file alone can show, one compares kept
    texts with people's ids if there is something to compare, one writes the people, one the rows, and one counts what
    is in the written files.

    :param report_state: receives the job's state
    """
    cores = spark.sparkContext.defaultParallelism
    parts = max(cores, sum(file.size for file in job.files) // PART_BYTES)
    settings = {
        **SETTINGS,
        "spark.sql.shuffle.partitions": str(parts),
        # Spark lists more than 32 files with tasks, and would use one for each.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(cores),
    }
    for name, value in settings.items():
        spark.conf.set(name, value)
    left = {file.number: "no such file" for file in job.files if not exists(spark, file.path)}
    job = replace(job, files=[file for file in job.files if file.number not in left])
    if not job.files:
        return _result({}, left)
    # With the schema given, nothing needs to be read to infer it.
    known = spark.read.schema("id string").parquet(as_glob(job.known_ids))
    lines = read_lines(spark, job).persist()
    try:
        # Merging parts and planning again after each stage costs more here than it saves: the parts already fit the
        # data.
        spark.conf.set("spark.sql.adaptive.enabled", "false")
        rows, clean, judged = check_files(spark, lines, job, known, report_state)
        result = _result(clean, {**left, **judged})
        if clean:
            report_state("writing")
            result["people"] = write_people(spark, rows, job, salt)
            # Here the data decide: a month has as few files as they allow.
            spark.conf.set("spark.sql.adaptive.enabled", "true")
            result["dataFiles"] = write_rows(spark, rows, job, salt)
        return result
    finally:
        lines.unpersist()


def _result(clean: dict[int, int], left: dict[int, str]) -> dict[str, Any]:
    files = [{"number": number, "rows": rows} for number, rows in clean.items()]
    why = [{"number": number, "why": why} for number, why in sorted(left.items())]
    return {"files": files, "left": why, "dataFiles": [], "people": None}
