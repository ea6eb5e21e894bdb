"""Finds files in which something has to be judged, although each of their lines is sound.

The checks are wider than the judge's own (`src/pipeline/read/checkRows.ts` and beside it): a file too many before the
judge costs time, and a file too few would be wrong. Most jobs have nothing to find, so each check first asks a question
about all rows at once.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .documents import Specification
from .lines import FILE
from .texts import MaskRules

_BARE_NUMBER = "^[1-9][0-9]*$"


def files_to_judge(
    spark: SparkSession, rows: DataFrame, specification: Specification, known_ids: str
) -> dict[int, str]:
    """The numbers of such files, each with what was found.

    :param rows: of all files
    :param known_ids: a Parquet file with the ids of people that are known, in a column `id`
    """
    hashed = [column.name for column in specification.hashed]
    pairs = rows.select(*hashed).distinct().persist()
    known = spark.read.parquet(known_ids).select("id")
    ids = reduce(DataFrame.union, [pairs.select(name) for name in hashed], known)
    try:
        found = dict.fromkeys(_numbers(_repeated(rows, specification)), "repeated rows")
        if _has_shared_ids(pairs, hashed):
            found.update(dict.fromkeys(_numbers(_shared_ids(rows, specification)), "ids of several people"))
        if _has_padded_and_bare(ids):
            found.update(dict.fromkeys(_numbers(_lost_zeros(rows, specification, ids)), "lost zeros"))
        found.update(dict.fromkeys(_telling(spark, rows, specification, ids), "texts with ids of people"))
        return found
    finally:
        pairs.unpersist()


def _numbers(files: DataFrame) -> list[int]:
    return [row[FILE] for row in files.select(FILE).distinct().collect()]


def _repeated(rows: DataFrame, specification: Specification) -> DataFrame:
    person = F.coalesce(*specification.person)
    resource = [] if specification.resource is None else [F.col(specification.resource).alias("resource")]
    keyed = rows.select(FILE, F.col(specification.day).alias("day"), person.alias("person"), *resource)
    return keyed.dropna().groupBy(*keyed.columns).count().where("count > 1")


def _has_shared_ids(pairs: DataFrame, hashed: list[str]) -> bool:
    both = pairs.dropna()
    counts = [F.count("*").alias("pairs"), *[F.count_distinct(F.col(name)).alias(name) for name in hashed]]
    (row,) = both.agg(*counts).collect()
    return any(row[name] < row["pairs"] for name in hashed)


def _shared_ids(rows: DataFrame, specification: Specification) -> DataFrame:
    """Rows of files in which an id stands with several of the other kind on one day."""
    one, other = (column.name for column in specification.hashed)
    days = rows.select(FILE, specification.day, one, other).dropna().distinct()
    several = [
        days.groupBy(FILE, specification.day, name).count().where("count > 1").select(FILE)
        for name in (one, other)
    ]
    return several[0].union(several[1])


def _has_padded_and_bare(ids: DataFrame) -> bool:
    padded = F.max(F.col("id").startswith("0").cast("int")).alias("padded")
    (row,) = ids.agg(padded, F.max(F.col("id").rlike(_BARE_NUMBER).cast("int")).alias("bare")).collect()
    return bool(row["padded"] == 1 and row["bare"] == 1)


def _lost_zeros(rows: DataFrame, specification: Specification, ids: DataFrame) -> DataFrame:
    """Rows with a number that is somebody's id without the zeros in front, whoever that is."""
    school = F.col(specification.hashed[0].name)
    padded = ids.where(F.col("id").startswith("0")).select(F.regexp_replace("id", "^0+", "").alias("number"))
    numbers = rows.select(FILE, school.alias("number")).where(F.col("number").rlike(_BARE_NUMBER))
    return numbers.join(padded.distinct(), "number", "left_semi")


def _telling(spark: SparkSession, rows: DataFrame, specification: Specification, ids: DataFrame) -> set[int]:
    """The files with a kept text that may tell who somebody is: it would be masked, or it is an id."""
    rules = MaskRules(specification.masking)
    found: set[int] = set()
    files_of: dict[str, set[int]] = {}
    # Different texts are few, however many rows there are.
    for row in _kept_texts(rows, specification).collect():
        asked = rules.ids_in(row["text"], row["kind"])
        if asked is None:
            found.update(row["files"])
            continue
        if specification.tells_a_person(row["text"]):
            asked.append(row["text"].strip(" ").lower())
        for each in asked:
            files_of.setdefault(each, set()).update(row["files"])
    if files_of:
        asked_ids = spark.createDataFrame([(each,) for each in files_of], "asked string")
        plain = ids.select(F.lower(F.trim("id")).alias("asked"))
        for row in plain.join(F.broadcast(asked_ids), "asked", "left_semi").distinct().collect():
            found |= files_of[row["asked"]]
    return found


def _kept_texts(rows: DataFrame, specification: Specification) -> DataFrame:
    """The different kept texts, with what their column holds and the files that have them."""
    kept = specification.kept
    texts = F.explode(
        F.array(*[F.struct(F.lit(each.kept).alias("kind"), F.col(each.name).alias("text")) for each in kept])
    )
    each = rows.select(FILE, texts.alias("each")).select(FILE, "each.*").dropna()
    return each.groupBy("kind", "text").agg(F.collect_set(FILE).alias("files"))
