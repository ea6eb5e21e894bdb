"""The JSON documents between the pipeline and a job: `src/clever/specification.ts` and `src/spark/documents.ts`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import Any, Callable, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column of the report. `form` and `except_` are patterns for whole cells."""

    name: str
    type: str
    target: str
    is_hashed: bool
    blank: bool
    form: str | None
    except_: str | None
    kept: str | None


@dataclass(frozen=True)
class Header:
    line: str
    columns: list[str]


@dataclass(frozen=True)
class Specification:
    columns: list[Column]
    headers: dict[str, list[Header]]
    user_types: dict[str, str]
    stored: list[dict[str, str]]
    partitions: list[str]
    day: str
    person: list[str]
    resource: str | None
    longest_row: int
    shortest_id: int
    plain_number: str
    masking: dict[str, Any]

    @property
    def hashed(self) -> list[Column]:
        return [column for column in self.columns if column.is_hashed]

    @property
    def kept(self) -> list[Column]:
        return [column for column in self.columns if column.kept is not None]

    def tells_a_person(self, text: str) -> bool:
        """Whether a kept text that equals a person's id is that id."""
        return len(text) >= self.shortest_id and re.fullmatch(self.plain_number, text) is None


@dataclass(frozen=True)
class LandedFile:
    """A landed file; `path` is its address for Hadoop's file systems."""

    number: int
    path: str
    source: str
    user_type: str
    size: int
    latest: str
    less_than: int
    anchors: list[str]
    near: int


@dataclass(frozen=True)
class Job:
    """`known_ids` and `output` are addresses for Hadoop's file systems."""

    specification: Specification
    files: list[LandedFile]
    known_ids: str
    output: str


def read_job(document: dict[str, Any], read_text: Callable[[str], str]) -> Job:
    """A job from its document, which has the address of its specification."""
    return Job(
        specification=read_specification(json.loads(read_text(document["specification"]))),
        files=[_from_document(LandedFile, {**each, **each["dates"]}) for each in document["files"]],
        known_ids=document["knownIds"],
        output=document["output"],
    )


def read_specification(document: dict[str, Any]) -> Specification:
    """The specification that `src/clever/specification.ts` makes of a report."""
    parts = {
        "columns": [_from_document(Column, each) for each in document["columns"]],
        "headers": {
            user_type: [_from_document(Header, each) for each in headers]
            for user_type, headers in document["headers"].items()
        },
    }
    return _from_document(Specification, {**document, **document["key"], **document["shifted"], **parts})


def _from_document(kind: type[T], document: dict[str, Any]) -> T:
    """A dataclass from a document, whose keys are the names of its fields in camel case."""
    values = {each.name: document[_key_of(each.name)] for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**values)


def _key_of(field: str) -> str:
    first, *others = field.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)
