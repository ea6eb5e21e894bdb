"""Landed files as the rows that they would have in the table. Nothing is written: for inspection and comparison."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .checks import telling_files
from .documents import Job, LandedFile, Specification
from .files import look_at, why_left
from .job import SETTINGS
from .lines import FILE, HEADER, IS_SOUND, NO_HEADER, read_lines
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
    rows = lines.where((F.col(HEADER) == NO_HEADER) & F.col(IS_SOUND))
    found = look_at(lines, rows, job, known)
    left = {file.number: why for file in files if (why := why_left(job, file, found)) is not None}
    for number, why in telling_files(spark, rows, job, known, found, set(left)).items():
        left.setdefault(number, why)
    clean = [file.number for file in files if file.number not in left]
    return Reading(
        job=job,
        lines=lines,
        rows=rows.where(F.col(FILE).isin(clean)),
        clean={files[number].source: found.statistics[number].rows for number in clean},
        left={files[number].source: why for number, why in left.items()},
    )
