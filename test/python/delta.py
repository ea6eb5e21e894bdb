"""A table in delta-rs (the package deltalake): JSON request on standard input, JSON answer on standard output."""

import json
import os
import sys

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake


def opened(request):
    return DeltaTable(request["table"], version=request.get("version"))


def table_of(request):
    """The request's columns, as {name: {"type": ..., "values": [...]}}, typed as Delta types."""
    types = {"string": pa.string(), "integer": pa.int32(), "date": pa.date32(), "long": pa.int64()}
    columns = request["columns"]
    arrays = {name: pa.array(c["values"], type=types[c["type"]]) for name, c in columns.items()}
    return pa.table(arrays)


def read(request):
    table = opened(request)
    filters = request.get("filters")
    rows = table.to_pyarrow_table(filters=[tuple(f) for f in filters] if filters else None)
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    metadata = table.metadata()
    return {
        "version": table.version(),
        "schema": [[f.name, f.type.type] for f in table.schema().fields],
        "partitionColumns": metadata.partition_columns,
        "description": metadata.description,
        "protocol": [table.protocol().min_reader_version, table.protocol().min_writer_version],
        "rows": rows.to_pylist(),
        "files": len(table.file_uris()),
        "filesInPartition": len(table.file_uris([(c, op, str(v)) for c, op, v in filters if c in metadata.partition_columns]))
        if filters
        else None,
        "statistics": actions,
        "transaction": table.transaction_version(request["appId"]) if "appId" in request else None,
        "history": [h.get("operation") for h in table.history()],
    }


def write(request):
    properties = None
    if "appId" in request:
        properties = CommitProperties(app_transactions=[Transaction(request["appId"], request["appVersion"])])
    write_deltalake(
        request["table"],
        table_of(request),
        mode=request["mode"],
        schema_mode="merge" if request["mode"] == "append" else None,
        partition_by=request.get("partitionBy"),
        configuration=request.get("configuration"),
        commit_properties=properties,
    )


def race(request):
    """Appends repeatedly, each time from a new snapshot, concurrently with other writers."""
    for _ in range(request["times"]):
        write(request)


def delete(request):
    opened(request).delete(request["predicate"])


def checkpoint(request):
    opened(request).create_checkpoint()


def optimize(request):
    opened(request).optimize.compact()


def unused(request):
    """The files that a vacuum would remove, by their paths in the table."""
    return {"files": opened(request).vacuum(retention_hours=request["hours"], dry_run=True, full=True)}


commands = {f.__name__: f for f in (read, write, race, delete, checkpoint, optimize, unused)}
request = json.load(sys.stdin)
answer = commands[request["command"]](request)
json.dump(answer, sys.stdout, default=str)
sys.stdout.flush()
# Threads of the native packages sometimes abort a normally ending interpreter; the answer has been printed by now.
os._exit(0)
