"""One job: landed files of a report in, what is clean of them out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from .checks import files_to_judge
from .documents import Job
from .file_systems import is_there
from .files import read_facts, why_not_plain
from .lines import FILE, HEADER, IS_SOUND, NO_HEADER, read_lines
from .output import find_people, write_people, write_rows

# Reading stays what it is whatever the cluster's defaults are.
SETTINGS = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.parquet.writeLegacyFormat": "false",
}
# Bytes of landed files for each part that Spark shuffles: its usual 200 parts cost more than a small job.
PART_BYTES = 32 * 1024 * 1024


def run_job(spark: SparkSession, job: Job, salt: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """Reads what is clean of a job's files; gives the document that the pipeline commits by.

    :param tell: is told what the job is at
    """
    parts = max(spark.sparkContext.defaultParallelism, sum(file.size for file in job.files) // PART_BYTES)
    for name, value in {**SETTINGS, "spark.sql.shuffle.partitions": str(parts)}.items():
        spark.conf.set(name, value)
    left = {file.number: "no such file" for file in job.files if not is_there(spark, file.path)}
    job = replace(job, files=[file for file in job.files if file.number not in left])
    if not job.files:
        return _result([], left)
    lines = read_lines(spark, job).persist()
    try:
        tell("reading")
        facts = read_facts(lines, job.specification)
        for file in job.files:
            why = why_not_plain(job, file, facts.get(file.number))
            if why is not None:
                left[file.number] = why
        plain = [file.number for file in job.files if file.number not in left]
        sound = lines.where((F.col(HEADER) == NO_HEADER) & F.col(IS_SOUND))
        rows = sound.join(_numbers(spark, plain), FILE)
        tell("checking")
        if plain:
            left.update(files_to_judge(spark, rows, job.specification, job.known_ids))
        clean = [number for number in plain if number not in left]
        result = _result([{"number": number, "rows": facts[number].rows} for number in clean], left)
        if clean:
            tell("writing")
            kept = rows.join(_numbers(spark, clean), FILE)
            people = find_people(kept, job.specification, salt).persist()
            result["people"] = write_people(people, job.specification, job.output)
            result["dataFiles"] = write_rows(spark, kept, people, job)
            people.unpersist()
        return result
    finally:
        lines.unpersist()


def _result(clean: list[dict[str, int]], left: dict[int, str]) -> dict[str, Any]:
    why = [{"number": number, "why": why} for number, why in sorted(left.items())]
    return {"files": clean, "left": why, "dataFiles": [], "people": None}


def _numbers(spark: SparkSession, numbers: list[int]) -> Any:
    return F.broadcast(spark.createDataFrame([(number,) for number in numbers], f"{FILE} int"))
