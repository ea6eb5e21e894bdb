"""Data Factory expressions: JSON request on standard input, JSON answer on standard output.

They are parsed by the grammar of Microsoft's testing framework for Data Factory. Its evaluator needs .NET, so the trees are
evaluated here, with the few functions that our pipelines use.
"""

import datetime
import json
import sys
from unittest.mock import MagicMock

# Its .NET evaluator, which is loaded with the package.
for name in ("pythonnet", "clr", "Microsoft", "Microsoft.Azure", "Microsoft.Azure.DataFactoryTestingFramework"):
    sys.modules[name] = MagicMock()
sys.modules["Microsoft.Azure.DataFactoryTestingFramework.Expressions"] = MagicMock()

from data_factory_testing_framework._expression_runtime.data_factory_expression.expression_transformer import (  # noqa: E402
    ExpressionTransformer,
)
from lark import Token  # noqa: E402
from lark.exceptions import LarkError  # noqa: E402

request = json.load(sys.stdin)
parser = ExpressionTransformer().lark_parser
FORMATS = {"yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM-ddTHH-mm-ss": "%Y-%m-%dT%H-%M-%S"}


def substring(text, start, length):
    if start + length > len(text):
        raise ValueError(f"substring of {length} in {text!r}")
    return text[start : start + length]


def coalesce(*values):
    return next((value for value in values if value is not None), None)


def functions(now):
    return {
        "concat": lambda *texts: "".join(texts),
        "substring": substring,
        "contains": lambda text, part: part in text,
        "endsWith": lambda text, end: text.endswith(end),
        "equals": lambda a, b: a == b,
        "greaterOrEquals": lambda a, b: a >= b,
        "not": lambda value: not value,
        "mul": lambda a, b: a * b,
        "coalesce": coalesce,
        "utcNow": lambda: now,
        "addDays": lambda time, days: (
            datetime.datetime.fromisoformat(time) + datetime.timedelta(days=days)
        ).isoformat(),
        "formatDateTime": lambda time, form: datetime.datetime.fromisoformat(time).strftime(FORMATS[form]),
    }


def token_value(token):
    text = str(token)
    if token.type == "EXPRESSION_INTEGER":
        return int(text)
    if token.type == "EXPRESSION_STRING":
        return text[1:-1].replace("''", "'")
    raise ValueError(f"{token.type} {text}")


def field(value, name, is_optional):
    if is_optional and (value is None or name not in value):
        return None
    return value[name]


def value_of(node, scope):
    """Evaluates all arguments, as Data Factory does."""
    if isinstance(node, Token):
        return token_value(node)
    children = [
        child for child in node.children if not (isinstance(child, Token) and child.type == "EXPRESSION_WS")
    ]
    if node.data in ("start", "expression_start", "expression_parameter"):
        return value_of(children[0], scope)
    if node.data == "expression_evaluation":
        value = value_of(children[0], scope)
        is_optional = False
        for child in children[1:]:
            if isinstance(child, Token):
                is_optional = True
                continue
            value = field(value, str(child.children[0]), is_optional)
            is_optional = False
        return value
    if node.data == "expression_logical_bool":
        left, right = (value_of(child, scope) for child in children[1:])
        return left or right if children[0] == "or" else left and right
    if node.data == "expression_branch":
        condition, yes, no = (value_of(child, scope) for child in children)
        return yes if condition else no
    if node.data == "expression_function_call":
        call = functions(scope["now"])[str(children[0])]
        return call(*(value_of(child, scope) for child in children[1:]))
    if node.data == "expression_item_reference":
        return scope["item"]
    if node.data == "expression_datafactory_activity_reference":
        return {"output": scope["outputs"][str(children[0])[1:-1]]}
    if node.data == "expression_pipeline_reference":
        return scope[str(children[0])]
    raise ValueError(node.data)


def is_broken(text):
    try:
        parser.parse(text)
        return False
    except LarkError:
        return True


json.dump(
    {
        "broken": [text for text in request["expressions"] if is_broken(text)],
        "values": [value_of(parser.parse(each["expression"]), each) for each in request["evaluations"]],
    },
    sys.stdout,
)
