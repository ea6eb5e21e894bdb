"""Writes clean rows, pseudonymized, with the people and with what is in each data file."""

from __future__ import annotations

import hashlib
from functools import reduce
from typing import Any
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .documents import Job, Specification
from .lines import FILE, path_of


def find_people(rows: DataFrame, specification: Specification, salt: str) -> DataFrame:
    """The people of rows: their ids and pseudonyms, each pair once."""

    def pseudonym(value: str | None) -> str | None:
        return None if value is None else hashlib.sha256((value + salt).encode("utf-8")).hexdigest()

    # A function of Python's, since Spark's plans, which event logs keep, hold the literals of its own.
    hash_ = F.udf(pseudonym, "string")
    names = [column.name for column in specification.hashed]
    people = rows.select(*names).distinct()
    return people.select(*names, *[hash_(each.name).alias(each.target) for each in specification.hashed])


def write_people(people: DataFrame, specification: Specification, output: str) -> str:
    place = f"{output}/people"
    someone = reduce(lambda a, b: a | b, [F.col(each.name).isNotNull() for each in specification.hashed])
    people.where(someone).coalesce(1).write.option("compression", "snappy").parquet(place)
    (written,) = people.sparkSession.read.parquet(place).inputFiles()
    return _below(written, 2)


def write_rows(spark: SparkSession, rows: DataFrame, people: DataFrame, job: Job) -> list[dict[str, Any]]:
    """Writes rows as data files of a month each; gives what is in each, as read back from the files."""
    specification = job.specification
    place = f"{job.output}/rows"
    about = spark.createDataFrame(
        [(each.number, specification.user_types[each.user_type], each.source) for each in job.files],
        f"{FILE} int, user_type string, source_file string",
    )
    hashed = [column.name for column in specification.hashed]
    who = people.select(*[F.col(name).alias(f"{name}_") for name in hashed], *_targets(specification))
    same = reduce(lambda a, b: a & b, [F.col(name).eqNullSafe(F.col(f"{name}_")) for name in hashed])
    parts = [F.expr(f"{part}({specification.day})").alias(part) for part in specification.partitions]
    stored = [each["name"] for each in specification.stored]
    table = rows.join(who, same).join(F.broadcast(about), FILE).select(*stored, *parts)
    # Spark cuts what is large and joins what is small, so that a month has few files.
    by_month = ", ".join(specification.partitions)
    balanced = spark.sql(f"SELECT /*+ REBALANCE({by_month}) */ * FROM {{table}}", table=table)
    balanced.write.partitionBy(*specification.partitions).option("compression", "snappy").parquet(place)
    return _contents(spark, place, specification)


def _targets(specification: Specification) -> list[str]:
    return [column.target for column in specification.hashed]


def _contents(spark: SparkSession, place: str, specification: Specification) -> list[dict[str, Any]]:
    stored = specification.stored
    day = specification.day
    bounds = [each["name"] for each in stored if each["type"] != "boolean"]
    found = (
        spark.read.parquet(place)
        .withColumn("path_", path_of(F.input_file_name()))
        .groupBy("path_", *specification.partitions, "source_file", F.col(day).alias("day_"))
        .agg(
            F.count("*").alias("rows_"),
            *[F.min(name).cast("string").alias(f"min_{name}") for name in bounds],
            *[F.max(name).cast("string").alias(f"max_{name}") for name in bounds],
            *[
                F.count(F.when(F.col(each["name"]).isNull(), 1)).alias(f"nulls_{each['name']}")
                for each in stored
            ],
        )
        .collect()
    )
    types = {each["name"]: each["type"] for each in stored}
    files: dict[str, dict[str, Any]] = {}
    for row in found:
        file = files.setdefault(
            row["path_"],
            {
                "place": _below(row["path_"], 2 + len(specification.partitions)),
                "partition": {part: row[part] for part in specification.partitions},
                "rows": 0,
                "min": {},
                "max": {},
                "nulls": {},
                "days": [],
            },
        )
        file["rows"] += row["rows_"]
        file["days"].append(
            {"source": row["source_file"], "day": row["day_"].isoformat(), "rows": row["rows_"]}
        )
        for name in types:
            file["nulls"][name] = file["nulls"].get(name, 0) + row[f"nulls_{name}"]
        for name in bounds:
            _widen(file["min"], name, _value(types[name], row[f"min_{name}"]), least=True)
            _widen(file["max"], name, _value(types[name], row[f"max_{name}"]), least=False)
    return list(files.values())


def _value(type_: str, text: str | None) -> Any:
    return int(text) if type_ == "integer" and text is not None else text


def _widen(bounds: dict[str, Any], name: str, value: Any, *, least: bool) -> None:
    if value is None:
        return
    before = bounds.get(name)
    # Python and Delta both order texts by code points.
    if before is None or (value < before if least else value > before):
        bounds[name] = value


def _below(uri: str, depth: int) -> str:
    """The end of a file's URI: its place in the job's output."""
    return "/".join(unquote(uri).split("/")[-depth:])
