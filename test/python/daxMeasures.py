"""Evaluates measures in an independent DAX engine: JSON request on standard input, JSON answer on standard output."""

import json
import sys

from pbix_mcp.dax.engine import evaluate_measures_batch

request = json.load(sys.stdin)
relationships = [
    {"FromTable": a, "FromColumn": b, "ToTable": c, "ToColumn": d, "IsActive": 1}
    for (a, b), (c, d) in request["relationships"]
]
measures = request["measures"]
columns = {name: set(table["columns"]) for name, table in request["tables"].items()}
answers = [
    evaluate_measures_batch(
        list(measures),
        request["tables"],
        measures,
        filter_context=context,
        relationships=relationships,
        model_columns=columns,
        measure_tables=request["homes"],
    )
    for context in request["contexts"]
]
json.dump(answers, sys.stdout, default=str)
