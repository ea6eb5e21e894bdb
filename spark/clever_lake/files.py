"""Checks that need one file only: whether it is in Clever's own format, and what it repeats."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import reduce

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from .documents import Header, Job, LandedFile, Specification
from .lines import BYTES, FILE, HAS_RETURN, HEADER, IS_SOUND, NO_HEADER, PLACE, WIDTH, all_headers

# The kind of a row in the single result.
_STATISTICS = "statistics"
_KNOWN = "known"
_TEXT = "text"
REPEATED = "repeated rows"
SHARED = "ids of several people"

BARE_NUMBER = "^[1-9][0-9]*$"
# An id that becomes a bare number without its zeros.
PADDED_NUMBER = "^0+[1-9][0-9]*$"


@dataclass(frozen=True)
class FileStatistics:
    """The sums over a file's lines."""

    rows: int
    headers: int
    first_header: int
    widths: list[int]
    unsound: int
    bytes: int
    lines: int
    returns: int
    first_day: date | None
    last_day: date | None
    # Whether there are school system ids that may have lost zeros, and ids with leading zeros.
    has_bare: bool
    has_padded: bool


@dataclass(frozen=True)
class KeptText:
    """A distinct kept text, with what its column contains and the files that have it."""

    kind: str
    text: str
    files: list[int]


@dataclass(frozen=True)
class Found:
    statistics: dict[int, FileStatistics]
    # By file: what the judge must check.
    marks: dict[int, str]
    texts: list[KeptText]
    # Whether a known id, or one in these files, has leading zeros, and capital letters.
    has_padded: bool
    has_capitals: bool


def inspect_files(lines: DataFrame, rows: DataFrame, job: Job, known: DataFrame) -> Found:
    """Everything that a single Spark action can find; its parts have only the rows in common.

    :param lines: of all files
    :param rows: the sound ones
    :param known: people's ids that are known before these files, in a column `id`
    """
    specification = job.specification
    parts = [
        _statistics(lines, specification),
        _marks(rows, specification),
        _texts(rows, specification),
        known.agg(
            _any(F.col("id").rlike(PADDED_NUMBER)).alias("has_padded"),
            _any(_has_capitals("id")).alias("has_capitals"),
        ).withColumn("about", F.lit(_KNOWN)),
    ]
    union = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), parts)
    statistics: dict[int, FileStatistics] = {}
    marks: dict[int, str] = {}
    texts: list[KeptText] = []
    has_padded, has_capitals = False, False
    for row in union.collect():
        about = row["about"]
        has_padded = has_padded or bool(row["has_padded"])
        has_capitals = has_capitals or bool(row["has_capitals"])
        if about == _STATISTICS:
            statistics[row[FILE]] = FileStatistics(*(row[each.name] for each in fields(FileStatistics)))
        elif about == _TEXT:
            texts.append(KeptText(row["kind"], row["text"], row["files"]))
        elif about != _KNOWN:
            marks[row[FILE]] = about
    return Found(statistics, marks, texts, has_padded, has_capitals)


def _has_capitals(name: str) -> SparkColumn:
    return F.col(name) != F.lower(name)


def _any_of(conditions: list[SparkColumn]) -> SparkColumn:
    """Whether any condition holds; an unknown one does not."""
    known = [F.coalesce(each, F.lit(False)) for each in conditions]
    return _any(reduce(lambda one, other: one | other, known))


def _any(condition: SparkColumn) -> SparkColumn:
    return F.coalesce(F.max(condition), F.lit(False))


def _statistics(lines: DataFrame, specification: Specification) -> DataFrame:
    is_row = F.col(HEADER) == NO_HEADER
    day = F.when(is_row, F.col(specification.day))
    school_id, *_ = [F.col(column.name) for column in specification.hashed]
    names = [column.name for column in specification.hashed]
    return lines.groupBy(FILE).agg(
        F.lit(_STATISTICS).alias("about"),
        F.count(F.when(is_row, 1)).alias("rows"),
        F.count(F.when(~is_row, 1)).alias("headers"),
        F.min_by(HEADER, PLACE).alias("first_header"),
        F.collect_set(WIDTH).alias("widths"),
        F.count(F.when(is_row & ~F.col(IS_SOUND), 1)).alias("unsound"),
        F.sum(BYTES).alias("bytes"),
        F.count("*").alias("lines"),
        F.count(F.when(F.col(HAS_RETURN), 1)).alias("returns"),
        F.min(day).alias("first_day"),
        F.max(day).alias("last_day"),
        _any(school_id.rlike(BARE_NUMBER)).alias("has_bare"),
        _any_of([F.col(name).rlike(PADDED_NUMBER) for name in names]).alias("has_padded"),
        _any_of([_has_capitals(name) for name in names]).alias("has_capitals"),
    )


def _marks(rows: DataFrame, specification: Specification) -> DataFrame:
    """Files that repeat a person's day (and resource), or in which an id occurs with several of the other kind on one day.
    Each is a key with several partners: of the first kind, with several rows. Keys are hashes: if two collide, one file
    too many is judged.
    """
    day = F.col(specification.day)
    person = F.coalesce(*specification.person)
    said = [day, person] if specification.resource is None else [day, person, F.col(specification.resource)]
    one, other = (F.col(column.name) for column in specification.hashed)
    keys = [
        _key(REPEATED, said, F.col(PLACE)["line"]),
        _key(SHARED, [day, one, other], F.xxhash64(other), [day, F.lit(0), one]),
        _key(SHARED, [day, one, other], F.xxhash64(one), [day, F.lit(1), other]),
    ]
    keyed = (
        rows.select(FILE, F.explode(F.array(*keys)).alias("each"))
        .select(FILE, "each.*")
        .where("key IS NOT NULL")
    )
    return (
        keyed.groupBy("about", FILE, "key")
        .agg((F.min("partner") != F.max("partner")).alias("several"))
        .where("several")
        .select("about", FILE)
        .distinct()
    )


def _key(
    about: str, needed: list[SparkColumn], partner: SparkColumn, of: list[SparkColumn] | None = None
) -> SparkColumn:
    """A key of all these columns; null if one is missing."""
    is_there = reduce(lambda one, other: one & other, [column.isNotNull() for column in needed])
    key = F.when(is_there, F.xxhash64(*(of or needed)))
    return F.struct(F.lit(about).alias("about"), key.alias("key"), partner.alias("partner"))


def _texts(rows: DataFrame, specification: Specification) -> DataFrame:
    kept = [
        F.struct(F.lit(each.kept).alias("kind"), F.col(each.name).alias("text"))
        for each in specification.kept
    ]
    each = (
        rows.select(FILE, F.explode(F.array(*kept)).alias("each"))
        .select(FILE, "each.*")
        .where("text IS NOT NULL")
    )
    return (
        each.groupBy("kind", "text").agg(F.collect_set(FILE).alias("files")).withColumn("about", F.lit(_TEXT))
    )


def reason_for_judge(job: Job, file: LandedFile, found: Found) -> str | None:
    """Why a file is left to the judge, judging by the file alone; None if it is in Clever's own format."""
    statistics = found.statistics.get(file.number)
    if statistics is None or statistics.rows == 0:
        return "no row"
    header = _header_of(job.specification, file, statistics)
    if header is None or statistics.headers != 1:
        return "another header"
    if statistics.widths != [len(header.columns)]:
        return "rows of another length"
    if statistics.unsound > 0:
        return "values in another form"
    if statistics.returns not in (0, statistics.lines):
        return "line ends of two kinds"
    # Each line ends in a byte that belongs to no line. One without, at the end, needs a note.
    if file.size - statistics.bytes != statistics.lines:
        return "another number of bytes"
    if statistics.first_day is None or statistics.last_day is None:
        return "no date"
    if not _is_likely(file, statistics.first_day, statistics.last_day):
        return "an unlikely date"
    return found.marks.get(file.number)


def _header_of(specification: Specification, file: LandedFile, statistics: FileStatistics) -> Header | None:
    if statistics.first_header == NO_HEADER:
        return None
    line = all_headers(specification)[statistics.first_header]
    return next((each for each in specification.headers[file.user_type] if each.line == line), None)


def _is_likely(file: LandedFile, first: date, last: date) -> bool:
    if last > date.fromisoformat(file.latest) or (last - first).days >= file.less_than:
        return False
    anchors = [date.fromisoformat(each) for each in file.anchors]
    return not anchors or any(
        (first - anchor).days <= file.near and (anchor - last).days <= file.near for anchor in anchors
    )
