"""Returns, for texts, what our Spark scripts treat as ids in them: a list, or null if they are always masked."""

import json
import sys

request = json.load(sys.stdin)
sys.path.insert(0, request["scripts"])

from clever_lake.texts import MaskRules  # noqa: E402

rules = MaskRules(request["rules"])
json.dump([rules.ids_in(text, kind) for text, kind in request["texts"]], sys.stdout)
