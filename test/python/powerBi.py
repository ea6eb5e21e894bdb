"""Independent checks of a Power BI project: JSON request on standard input, JSON answer on standard output."""

import json
import pathlib
import sys

from jsonschema import Draft7Validator
from pbi_parsers import dax
from referencing import Registry, Resource

request = json.load(sys.stdin)


def registry():
    """Microsoft's schemas by the URLs of their files, which they use to reference each other."""
    folder = pathlib.Path(request["schemas"])
    found = []
    for file in folder.rglob("*.json"):
        address = "https://developer.microsoft.com/json-schemas/" + file.relative_to(folder).as_posix()
        resource = Resource.from_contents(json.loads(file.read_text(encoding="utf-8-sig")))
        found += [(address, resource), (resource.id(), resource)]
    return Registry().with_resources(found)


def invalid(documents):
    schemas = registry()
    problems = []
    for path, document in documents.items():
        schema = schemas.contents(document["$schema"])
        for error in Draft7Validator(schema, registry=schemas).iter_errors(document):
            problems.append(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    return problems


def unparsable(expressions):
    problems = []
    for name, text in expressions.items():
        try:
            if dax.to_ast(text) is None:
                problems.append(name)
        except Exception:
            problems.append(name)
    return problems


json.dump(
    {
        "invalid": invalid(request["documents"]),
        "dax": unparsable(request["dax"]),
    },
    sys.stdout,
)
