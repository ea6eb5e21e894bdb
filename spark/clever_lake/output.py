"""Writes clean rows, pseudonymized, with the people and with the contents of each data file."""

from __future__ import annotations

from functools import reduce
from typing import Any
from urllib.parse import unquote

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .documents import Job, Specification
from .lines import SOURCE, USER_TYPE, as_glob, path_of

SALT = "salt_"

# Parquet's default, 1 MiB, has room for 15,000 pseudonyms.
DICTIONARY_BYTES = 8 * 1024 * 1024


def write_people(spark: SparkSession, rows: DataFrame, job: Job, salt: str) -> str:
    """Writes the people of rows, their ids and pseudonyms, each pair once; returns the path of the file."""
    place = f"{job.output}/people"
    written = people_rows(spark, rows, job.specification, salt)
    written.write.option("compression", "snappy").parquet(place)
    (path,) = spark.read.schema(written.schema).parquet(as_glob(place)).inputFiles()
    return _below(path, 2)


def people_rows(spark: SparkSession, rows: DataFrame, specification: Specification, salt: str) -> DataFrame:
    """The people of rows: their ids and pseudonyms, each pair once."""
    names = [column.name for column in specification.hashed]
    someone = reduce(lambda a, b: a | b, [F.col(name).isNotNull() for name in names])
    people = rows.where(someone).select(*names).distinct().coalesce(1)
    return people.crossJoin(_salt(spark, salt)).select(*names, *_pseudonyms(specification))


def write_rows(spark: SparkSession, rows: DataFrame, job: Job, salt: str) -> list[dict[str, Any]]:
    """Writes rows as data files of a month each; returns the contents of each, as read back from the files."""
    specification = job.specification
    place = f"{job.output}/rows"
    table = table_rows(spark, rows, specification, salt)
    # Spark splits large parts and joins small ones, so that a month has few files.
    by_month = ", ".join(specification.partitions)
    balanced = spark.sql(f"SELECT /*+ REBALANCE({by_month}) */ * FROM {{table}}", table=table)
    # A person's rows are consecutive, so that Parquet's dictionaries store a pseudonym once for many rows.
    person = [each.target for each in reversed(specification.hashed)]
    (
        balanced.sortWithinPartitions(*specification.partitions, *person)
        .write.partitionBy(*specification.partitions)
        .option("compression", "snappy")
        .option("parquet.dictionary.page.size", DICTIONARY_BYTES)
        .parquet(place)
    )
    written = spark.read.schema(balanced.schema).parquet(as_glob(place))
    return _contents(written, specification)


def table_rows(spark: SparkSession, rows: DataFrame, specification: Specification, salt: str) -> DataFrame:
    """Rows as in the table: pseudonyms for ids, with user type, source, year and month."""
    parts = [F.expr(f"{part}({specification.day})").alias(part) for part in specification.partitions]
    stored = [each["name"] for each in specification.stored]
    plain = [column.name for column in specification.columns if not column.is_hashed]
    with_pseudonyms = rows.crossJoin(_salt(spark, salt)).select(
        *plain, *_pseudonyms(specification), USER_TYPE, SOURCE
    )
    return with_pseudonyms.select(*stored, *parts)


def _salt(spark: SparkSession, salt: str) -> DataFrame:
    """The salt as the value of a Python function, once per job: Spark's plans, which event logs keep, contain the literals
    of Spark's own functions, but not what a Python function returns.
    """
    value = F.udf(lambda: salt, "string")
    return F.broadcast(spark.range(0, 1, 1, 1).select(value().alias(SALT)))


def _pseudonyms(specification: Specification) -> list[SparkColumn]:
    """SHA-256 of the id's bytes followed by the salt's, in lower case; null for no id."""
    return [F.sha2(F.concat(each.name, SALT), 256).alias(each.target) for each in specification.hashed]


def _contents(written: DataFrame, specification: Specification) -> list[dict[str, Any]]:
    stored = specification.stored
    day = specification.day
    types = {each["name"]: each["type"] for each in stored}
    found = (
        written.withColumn("path_", path_of(F.input_file_name()))
        .groupBy("path_", *specification.partitions, SOURCE, F.col(day).alias("day_"))
        .agg(
            F.count("*").alias("rows_"),
            *[F.min(name).cast("string").alias(f"min_{name}") for name in types],
            *[F.max(name).cast("string").alias(f"max_{name}") for name in types],
            *[
                F.count(F.when(F.col(each["name"]).isNull(), 1)).alias(f"nulls_{each['name']}")
                for each in stored
            ],
        )
        .collect()
    )
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
        file["days"].append({"source": row[SOURCE], "day": row["day_"].isoformat(), "rows": row["rows_"]})
        for name in types:
            file["nulls"][name] = file["nulls"].get(name, 0) + row[f"nulls_{name}"]
            _widen(file["min"], name, _value(types[name], row[f"min_{name}"]), least=True)
            _widen(file["max"], name, _value(types[name], row[f"max_{name}"]), least=False)
    return list(files.values())


def _value(type_: str, text: str | None) -> Any:
    if text is None:
        return None
    if type_ == "boolean":
        return text == "true"
    return int(text) if type_ == "integer" else text


def _widen(bounds: dict[str, Any], name: str, value: Any, *, least: bool) -> None:
    if value is None:
        return
    before = bounds.get(name)
    # Python and Delta both order texts by code points.
    if before is None or (value < before if least else value > before):
        bounds[name] = value


def _below(uri: str, depth: int) -> str:
    """The end of a file's URI: its path within the job's output."""
    return "/".join(unquote(uri).split("/")[-depth:])
