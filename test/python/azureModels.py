"""Whether JSON conforms to models in Microsoft's SDKs: JSON request on standard input, JSON answer on standard output.

A request lists documents, each with the module and name of its model. The SDKs themselves pass over what they do not know;
here, a property that the model does not have, a missing one that it requires, a kind that it does not know and a value of
another type are problems.
"""

import importlib
import json
import re
import sys

EXPRESSION_KEYS = {"value", "type"}


def is_expression(value):
    """An expression of a pipeline, or of a template."""
    if isinstance(value, dict):
        return set(value) == EXPRESSION_KEYS and value["type"] == "Expression"
    return isinstance(value, str) and value.startswith("[") and value.endswith("]")


def properties_of(model):
    """The model's properties as a tree: a leaf is (type, whether it is required)."""
    tree = {}
    for name, attribute in model._attribute_map.items():
        keys = [key.replace("\\.", ".") for key in re.split(r"(?<!\\)\.", attribute["key"])]
        if keys == [""]:
            continue
        node = tree
        for key in keys[:-1]:
            node = node.setdefault(key, {})
        node[keys[-1]] = (attribute["type"], model._validation.get(name, {}).get("required", False))
    return tree


def kinds_below(model):
    """The model's own kinds: a model without any inherits those of its parent."""
    return vars(model).get("_subtype_map", {})


def subtype(models, model, value):
    """The model of a kind, or None if the model has no such kind."""
    for names in kinds_below(model).values():
        for kind, name in names.items():
            found = getattr(models, name) if kind == value else subtype(models, getattr(models, name), value)
            if found:
                return found
    return None



def check_model(models, model, value, path, problems):
    if not isinstance(value, dict):
        problems.append(f"{path}: is no object")
        return
    if kinds_below(model):
        kind = subtype(models, model, value.get("type"))
        if kind is None:
            problems.append(f"{path}: {model.__name__} has no kind {value.get('type')!r}")
            return
        model = kind
    check_tree(models, properties_of(model), value, path, problems)


def check_tree(models, tree, value, path, problems):
    for key in value:
        if key not in tree:
            problems.append(f"{path}: has no property {key}")
    for key, node in tree.items():
        at = f"{path}/{key}"
        if isinstance(node, dict):
            if isinstance(value.get(key, {}), dict):
                check_tree(models, node, value.get(key, {}), at, problems)
            else:
                problems.append(f"{at}: is no object")
        elif key in value:
            check_type(models, node[0], value[key], at, problems)
        elif node[1]:
            problems.append(f"{at}: is missing")


def check_type(models, kind, value, path, problems):
    simple = {"str": str, "bool": bool, "int": int, "iso-8601": str}
    if kind == "object" or is_expression(value):
        return
    if kind.startswith("["):
        if not isinstance(value, list):
            problems.append(f"{path}: is no list")
            return
        for index, item in enumerate(value):
            check_type(models, kind[1:-1], item, f"{path}/{index}", problems)
    elif kind.startswith("{"):
        for key, item in value.items():
            check_type(models, kind[1:-1], item, f"{path}/{key}", problems)
    elif kind in simple:
        if not isinstance(value, simple[kind]):
            problems.append(f"{path}: is no {kind}")
    elif hasattr(models, kind) and hasattr(getattr(models, kind), "_attribute_map"):
        check_model(models, getattr(models, kind), value, path, problems)


def check(document):
    models = importlib.import_module(document["module"])
    problems = []
    check_model(models, getattr(models, document["model"]), document["value"], document["name"], problems)
    return problems


json.dump([problem for document in json.load(sys.stdin) for problem in check(document)], sys.stdout)
