"""Landed files as the rows that they would have in the table. Nothing is written: for inspection and comparison."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from .checks import check_files
from .documents import Job, LandedFile, Specification
from .job import SETTINGS
from .lines import read_lines
from .output import people_rows, table_rows


@dataclass(frozen=True)
class Delivery:
    """A landed file. `path` is its address for Hadoop's file systems, without percent-encoding; `size` is in bytes."""

    source: str
    path: str
    user_type: str
    size: int


@dataclass(frozen=True)
class Reading:
    """The clean ones of some landed files: their rows, still with ids, and why the others are left to the judge."""

    job: Job
    lines: DataFrame
    rows: DataFrame
    # By source: how many rows a clean file has, and why another file is not clean.
    clean: dict[str, int]
    left: dict[str, str]

    def people(self, salt: str) -> DataFrame:
        """Each person once: the ids with their pseudonyms, as in a lookup table."""
        return people_rows(self.rows.sparkSession, self.rows, self.job.specification, salt)

    def table(self, salt: str) -> DataFrame:
        """The rows as in the table, with pseudonyms in place of ids."""
        return table_rows(self.rows.sparkSession, self.rows, self.job.specification, salt)

    def close(self) -> None:
        self.lines.unpersist()


def read_landed(
    spark: SparkSession, specification: Specification, deliveries: list[Delivery], known: DataFrame
) -> Reading:
    """Reads landed files of one report as a run does. Close the reading when it is no longer needed.

    Dates are not checked for likelihood: that depends on when a file landed, and the run has already checked it.

    :param known: people's known ids, in a column `id`
    """
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    files = [
        LandedFile(number, each.path, each.source, each.user_type, each.size, "9999-12-31", 10**7, [], 0)
        for number, each in enumerate(deliveries)
    ]
    job = Job(specification, files, known_ids="", output="")
    lines = read_lines(spark, job).persist()
    rows, clean, left = check_files(spark, lines, job, known)
    return Reading(
        job=job,
        lines=lines,
        rows=rows,
        clean={files[number].source: count for number, count in clean.items()},
        left={files[number].source: why for number, why in left.items()},
    )
