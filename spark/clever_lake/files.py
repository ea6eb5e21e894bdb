"""Which files are written in Clever's own form, by what their lines and bytes add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from .documents import Header, Job, LandedFile, Specification
from .lines import BYTES, FILE, HAS_RETURN, HEADER, IS_SOUND, NO_HEADER, PLACE, WIDTH, all_headers


@dataclass(frozen=True)
class Facts:
    """What a file's lines add up to."""

    rows: int
    headers: int
    first_header: int
    widths: set[int]
    unsound: int
    bytes: int
    lines: int
    returns: int
    first_day: date | None
    last_day: date | None


def read_facts(lines: DataFrame, specification: Specification) -> dict[int, Facts]:
    is_row = F.col(HEADER) == NO_HEADER
    day = F.when(is_row, F.col(specification.day))
    found = (
        lines.groupBy(FILE)
        .agg(
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
        )
        .collect()
    )
    return {
        row[FILE]: Facts(
            rows=row["rows"],
            headers=row["headers"],
            first_header=row["first_header"],
            widths=set(row["widths"]),
            unsound=row["unsound"],
            bytes=row["bytes"],
            lines=row["lines"],
            returns=row["returns"],
            first_day=row["first_day"],
            last_day=row["last_day"],
        )
        for row in found
    }


def why_not_plain(job: Job, file: LandedFile, facts: Facts | None) -> str | None:
    """Why a file is left to the judge, as far as its lines tell; None for one in Clever's own form."""
    if facts is None or facts.rows == 0:
        return "no row"
    header = _header_of(job.specification, file, facts)
    if header is None or facts.headers != 1:
        return "another header"
    if facts.widths != {len(header.columns)}:
        return "rows of another length"
    if facts.unsound > 0:
        return "values in another form"
    if facts.returns not in (0, facts.lines):
        return "line ends of two kinds"
    # Each line but perhaps the last ends in a byte that is in none.
    if file.size - facts.bytes not in (facts.lines, facts.lines - 1):
        return "another number of bytes"
    if facts.first_day is None or facts.last_day is None:
        return "no date"
    if not _is_likely(file, facts.first_day, facts.last_day):
        return "an unlikely date"
    return None


def _header_of(specification: Specification, file: LandedFile, facts: Facts) -> Header | None:
    if facts.first_header == NO_HEADER:
        return None
    line = all_headers(specification)[facts.first_header]
    return next((each for each in specification.headers[file.user_type] if each.line == line), None)


def _is_likely(file: LandedFile, first: date, last: date) -> bool:
    if last > date.fromisoformat(file.latest) or (last - first).days >= file.less_than:
        return False
    anchors = [date.fromisoformat(each) for each in file.anchors]
    return not anchors or any(
        (first - anchor).days <= file.near and (anchor - last).days <= file.near for anchor in anchors
    )
