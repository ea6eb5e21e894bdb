"""Landed files as lines, and lines as rows.

Spark's CSV reader is not used: it silently accepts ambiguous quotes, short rows and other encodings. Here a file is
read as lines. A line is a row only if it follows a strict grammar: as many cells as the header, quotes at the borders
of cells or doubled within quotes, no control character, UTF-8. A line break within quotes breaks the grammar of both
lines, so such a file is left to the judge, and lines of large files can be read concurrently.
"""

from __future__ import annotations

import json
import re

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .documents import Column, Job, Specification

# Line numbers, sizes and similar, in addition to the report's columns.
FILE = "file_"
USER_TYPE = "user_type"
SOURCE = "source_file"
PLACE = "place_"
HEADER = "header_"
IS_SOUND = "is_sound_"
WIDTH = "width_"
BYTES = "bytes_"
HAS_RETURN = "has_return_"
NO_HEADER = -1

# Control characters, and the replacement for bytes that are not UTF-8.
_UNSEEN = r"[\x00-\x1f\x7f\ufffd]"
# A line with more quotes is left to the judge: each comma outside quotes is found by counting those after it.
_MOST_QUOTES = 60
_QUOTED = "\x02"


def path_of(uri: SparkColumn) -> SparkColumn:
    """A file's URI in one form: `file:` can have one or three slashes, and is removed."""
    return F.regexp_replace(uri, "^file:/+", "/")


def uri_path(spark: SparkSession, address: str) -> str:
    """The same for an address."""
    assert spark._jvm is not None
    uri: str = spark._jvm.org.apache.hadoop.fs.Path(address).toUri().toString()
    return re.sub("^file:/+", "/", uri)


def as_glob(address: str) -> str:
    """An address escaped for Spark, which treats addresses as patterns."""
    return "".join("\\" + each if each in "{}[]*?\\" else each for each in address)


def all_headers(specification: Specification) -> list[str]:
    return sorted({each.line for headers in specification.headers.values() for each in headers})


def read_lines(spark: SparkSession, job: Job) -> DataFrame:
    """The lines of all files, with the file's number, user type and source and with the report's columns: ids and texts
    unchanged, empty ones null, all others typed.
    """
    specification = job.specification
    text = spark.read.option("lineSep", "\n").text([as_glob(each.path) for each in job.files])
    read = text.select(
        path_of(F.input_file_name()).alias("path_"),
        # Within a block, in the order of the lines.
        F.struct(
            F.input_file_block_start().alias("block"), F.monotonically_increasing_id().alias("line")
        ).alias(PLACE),
        F.octet_length("value").alias(BYTES),
        F.col("value").endswith("\r").alias(HAS_RETURN),
        F.regexp_replace("value", r"\r\z", "").alias("line_"),
    )
    header = F.lit(NO_HEADER)
    for number, line in enumerate(all_headers(specification)):
        header = F.when(F.col("line_") == line, number).otherwise(header)
    with_cells = read.select(
        "*",
        header.alias(HEADER),
        _cells().alias("cells_"),
    ).withColumn(WIDTH, F.size("cells_"))
    columns = {column.name: (column, _cell(specification, column)) for column in specification.columns}
    sound = _has_sound_form(specification)
    for column, cell in columns.values():
        sound = sound & _is_sound(column, cell)
    lines = with_cells.select(
        "path_",
        PLACE,
        BYTES,
        HAS_RETURN,
        HEADER,
        WIDTH,
        F.coalesce(sound, F.lit(False)).alias(IS_SOUND),
        *[_typed(column, cell).alias(column.name) for column, cell in columns.values()],
    )
    return lines.join(F.broadcast(_about(spark, job)), "path_").drop("path_")


def _about(spark: SparkSession, job: Job) -> DataFrame:
    """The attributes of each file. A single literal, because rows created in Python need an extra job."""
    user_types = job.specification.user_types
    files = [
        {
            "path_": uri_path(spark, each.path),
            FILE: each.number,
            USER_TYPE: user_types[each.user_type],
            SOURCE: each.source,
        }
        for each in job.files
    ]
    form = f"array<struct<path_: string, {FILE}: int, {USER_TYPE}: string, {SOURCE}: string>>"
    parsed = F.from_json(F.lit(json.dumps(files)), form)
    return spark.range(0, 1, 1, 1).select(F.explode(parsed).alias("each")).select("each.*")


def _cells() -> SparkColumn:
    line = F.col("line_")
    # A comma is outside quotes if an even number of quotes follows it.
    quoted = F.transform(
        F.split(line, r',(?=(?:[^"]*"[^"]*")*[^"]*\z)', -1),
        lambda cell: F.when(
            cell.startswith('"'), F.regexp_replace(F.regexp_replace(cell, r'\A"|"\z', ""), '""', '"')
        ).otherwise(cell),
    )
    return (
        F.when(F.instr(line, '"') == 0, F.split(line, ",", -1))
        .when(_quotes(line) <= _MOST_QUOTES, quoted)
        .otherwise(F.array().cast("array<string>"))
    )


def _quotes(line: SparkColumn) -> SparkColumn:
    return F.length(line) - F.length(F.regexp_replace(line, '"', ""))


def _has_sound_form(specification: Specification) -> SparkColumn:
    line = F.col("line_")
    # Each pair of quotes with its contents becomes one mark; a cell is only marks or has none.
    marked = F.regexp_replace(line, '"[^"]*"', _QUOTED)
    grammar = rf'\A(?:{_QUOTED}+|[^",{_QUOTED}]*)(?:,(?:{_QUOTED}+|[^",{_QUOTED}]*))*\z'
    widths = sorted({len(each.columns) for headers in specification.headers.values() for each in headers})
    return (
        F.col(WIDTH).isin(widths)
        & ~line.rlike(_UNSEEN)
        & ((F.instr(line, '"') == 0) | ((_quotes(line) <= _MOST_QUOTES) & marked.rlike(grammar)))
        & (F.col(BYTES) <= specification.longest_row)
    )


def _cell(specification: Specification, column: Column) -> SparkColumn:
    """A column's cell, in files with any header; null if the file lacks the column or the cell is empty."""
    places: dict[int, int] = {}
    for headers in specification.headers.values():
        for header in headers:
            if column.name in header.columns:
                places[len(header.columns)] = header.columns.index(column.name)
    cell = F.lit(None).cast("string")
    for width, place in places.items():
        cell = F.when(F.col(WIDTH) == width, F.col("cells_").getItem(place)).otherwise(cell)
    return F.when(cell != "", cell)


def _is_sound(column: Column, cell: SparkColumn) -> SparkColumn:
    sound = F.lit(True)
    if column.form is not None:
        sound = sound & cell.rlike(rf"\A(?:{column.form})\z")
    if column.except_ is not None:
        sound = sound & ~cell.rlike(rf"\A(?:{column.except_})\z")
    if column.type == "date":
        sound = sound & cell.cast("date").isNotNull()
    return F.when(cell.isNull(), F.lit(column.blank)).otherwise(sound)


def _typed(column: Column, cell: SparkColumn) -> SparkColumn:
    if column.type == "string":
        return cell
    # Casts of anything else are lenient, but their results occur only in lines that are refused.
    return F.when(cell.rlike(rf"\A(?:{column.form})\z"), cell.cast(column.type))
