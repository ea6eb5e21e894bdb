"""How the Spark scripts request the salt in Synapse and Fabric, with stubs of their documented calls."""

import json
import sys
import types

request = json.load(sys.stdin)
sys.path.insert(0, request["scripts"])
from clever_lake.salt import NoSalt, salt_of_lake  # noqa: E402

asked = []


class Credentials:
    @staticmethod
    def getSecret(*arguments):
        asked.append(list(arguments))
        if request["secret"] is None:
            raise RuntimeError("the text of a platform's own error")
        return request["secret"]


mssparkutils = types.ModuleType("notebookutils.mssparkutils")
mssparkutils.credentials = Credentials
notebookutils = types.ModuleType("notebookutils")
if request["service"] == "synapse":
    notebookutils.mssparkutils = mssparkutils
else:
    notebookutils.credentials = Credentials
sys.modules["notebookutils"] = notebookutils
try:
    answer = {"salt": salt_of_lake(request["service"], request["vault"], request["proof"])}
except NoSalt as error:
    answer = {"noSalt": str(error)}
json.dump({**answer, "asked": asked}, sys.stdout)
