"""Maintains a table with delta-rs (the package deltalake): one JSON request on standard input."""

import json
import os
import sys

from deltalake import DeltaTable

request = json.load(sys.stdin)
table = DeltaTable(request["table"])
answer = {}
for step in request["steps"]:
    if step == "compact":
        answer[step] = table.optimize.compact()
    elif step == "vacuum":
        # Immediately, not after the usual week for readers.
        answer[step] = table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    elif step == "checkpoint":
        answer[step] = table.create_checkpoint()
json.dump(answer, sys.stdout, default=str)
sys.stdout.flush()
# Threads of the native packages sometimes abort a normally ending interpreter; the answer has been printed by now.
os._exit(0)
