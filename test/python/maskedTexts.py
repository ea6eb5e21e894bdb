"""Answers, for texts, what our Spark scripts take for ids in them: a list, or null where they are masked in any case."""

import json
import sys

request = json.load(sys.stdin)
sys.path.insert(0, request["scripts"])

from clever_lake.texts import MaskRules  # noqa: E402

rules = MaskRules(request["rules"])
json.dump([rules.ids_in(text, kind) for text, kind in request["texts"]], sys.stdout)
