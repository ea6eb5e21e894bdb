"""Evaluates calculated tables and measures in an independent DAX engine: JSON on standard input and standard output."""

import json
import sys

from pbix_mcp.dax.calc_tables import evaluate_calc_table_expression
from pbix_mcp.dax.engine import evaluate_measures_batch

request = json.load(sys.stdin)
relationships = [
    {"FromTable": a, "FromColumn": b, "ToTable": c, "ToColumn": d, "IsActive": 1}
    for (a, b), (c, d) in request["relationships"]
]
measures = request["measures"]
tables = request["tables"]
calculated = {}
for name, expression in request["calculated"].items():
    calculated[name], problem = evaluate_calc_table_expression(expression, tables)
    if problem is not None:
        raise ValueError(f"{name}: {problem}")
tables = {**tables, **calculated}
columns = {name: set(table["columns"]) for name, table in tables.items()}
answers = [
    evaluate_measures_batch(
        list(measures),
        tables,
        measures,
        filter_context=context,
        relationships=relationships,
        model_columns=columns,
        measure_tables=request["homes"],
    )
    for context in request["contexts"]
]
json.dump({"calculated": calculated, "answers": answers}, sys.stdout, default=str)
