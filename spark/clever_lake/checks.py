"""Separates clean files from those for the judge: first by each file alone, then by comparison with people's ids.

The checks are stricter than the judge's own (`src/pipeline/read/checks/checkRows.ts` and the modules next to it): an
extra file for the judge costs time, but a missed one would be an error. An action is run only if there is something to
compare.
"""

from __future__ import annotations

from functools import reduce
from typing import Callable

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .documents import Job, Specification
from .files import BARE_NUMBER, PADDED_NUMBER, Found, inspect_files, reason_for_judge
from .lines import FILE, HEADER, IS_SOUND, NO_HEADER
from .texts import MaskRules


def check_files(
    spark: SparkSession,
    lines: DataFrame,
    job: Job,
    known: DataFrame,
    report_state: Callable[[str], None] = lambda _: None,
) -> tuple[DataFrame, dict[int, int], dict[int, str]]:
    """The rows of the clean files; by file number, how many each has, and why the others are left to the judge.

    :param known: people's ids that are known before these files, in a column `id`
    :param report_state: receives the job's state
    """
    report_state("reading")
    rows = lines.where((F.col(HEADER) == NO_HEADER) & F.col(IS_SOUND))
    found = inspect_files(lines, rows, job, known)
    reasons = {file.number: reason_for_judge(job, file, found) for file in job.files}
    left = {number: reason for number, reason in reasons.items() if reason is not None}
    report_state("checking")
    left = {**_suspicious_files(spark, rows, job, known, found, set(left)), **left}
    clean = {file.number: found.statistics[file.number].rows for file in job.files if file.number not in left}
    return (rows.where(F.col(FILE).isin([*clean])) if left else rows), clean, left


def _suspicious_files(
    spark: SparkSession, rows: DataFrame, job: Job, known: DataFrame, found: Found, left: set[int]
) -> dict[int, str]:
    """The numbers of files that a comparison with people's ids finds, each with the reason.

    :param rows: the sound rows of all files
    :param left: the files that are left to the judge anyway
    """
    specification = job.specification
    hashed = [column.name for column in specification.hashed]
    ids = reduce(DataFrame.union, [rows.select(name) for name in hashed], known.select("id")).toDF("id")
    suspects: dict[int, str] = {}
    if found.has_capitals:
        suspects.update(dict.fromkeys(_changed_case(rows, hashed, ids), "different letter case"))
    is_bare = any(
        statistics.has_bare for number, statistics in found.statistics.items() if number not in left
    )
    if is_bare and found.has_padded:
        suspects.update(dict.fromkeys(_lost_zeros(rows, specification, ids), "lost zeros"))
    suspects.update(
        dict.fromkeys(
            _files_with_ids_in_texts(spark, ids, specification, found, left), "texts with ids of people"
        )
    )
    return suspects


def _lost_zeros(rows: DataFrame, specification: Specification, ids: DataFrame) -> list[int]:
    """The files with a number that is anybody's id without its leading zeros."""
    school = F.col(specification.hashed[0].name)
    padded = ids.where(F.col("id").rlike(PADDED_NUMBER)).select(
        F.regexp_replace("id", "^0+", "").alias("number")
    )
    numbers = rows.select(FILE, school.alias("number")).where(F.col("number").rlike(BARE_NUMBER))
    found = numbers.join(padded.distinct(), "number", "left_semi").select(FILE).distinct()
    return [row[FILE] for row in found.collect()]


def _changed_case(rows: DataFrame, hashed: list[str], ids: DataFrame) -> list[int]:
    """The files with an id that is also anybody's in a different letter case."""
    several = ids.groupBy(F.lower("id").alias("lower")).agg(F.countDistinct("id").alias("forms"))
    own = reduce(DataFrame.union, [rows.select(FILE, F.lower(name)) for name in hashed]).toDF(FILE, "lower")
    found = own.join(several.where("forms > 1"), "lower", "left_semi").select(FILE).distinct()
    return [row[FILE] for row in found.collect()]


def _files_with_ids_in_texts(
    spark: SparkSession, ids: DataFrame, specification: Specification, found: Found, left: set[int]
) -> set[int]:
    """The files with a kept text that may identify a person: it would be masked, or it is an id."""
    rules = MaskRules(specification.masking)
    suspects: set[int] = set()
    files_of: dict[str, set[int]] = {}
    for each in found.texts:
        files = set(each.files) - left
        if not files:
            continue
        asked = rules.ids_in(each.text, each.kind)
        if asked is None:
            suspects |= files
            continue
        if specification.tells_a_person(each.text):
            asked.append(each.text.strip(" ").lower())
        for id_ in asked:
            files_of.setdefault(id_, set()).update(files)
    if files_of:
        # As rows that come from Python, because Spark's plans, which event logs keep, contain literals.
        asked_ids = spark.createDataFrame([(each,) for each in files_of], "asked string")
        plain = ids.select(F.lower(F.trim("id")).alias("asked"))
        for row in plain.join(F.broadcast(asked_ids), "asked", "left_semi").distinct().collect():
            suspects |= files_of[row["asked"]]
    return suspects
