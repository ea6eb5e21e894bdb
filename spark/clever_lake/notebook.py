"""What the notebook needs from its environment: the lake's definitions, a Spark session, and the salt."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from typing import Any

from pyspark.sql import SparkSession

from .file_systems import exists, read_text
from .salt import form_of

# The environment variable of the salt, as on the command line.
SALT_VARIABLE = "CLEVER_SALT"


def definitions() -> dict[str, Any]:
    """Columns, rules and paths of the lake's reports, packed with this module for the notebook."""
    packed = pkgutil.get_data(__package__, "definitions.json")
    assert packed is not None
    document: dict[str, Any] = json.loads(packed)
    return document


def open_session() -> SparkSession:
    """The session of Synapse or Fabric; elsewhere a local one with Delta Lake."""
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    builder = (
        SparkSession.builder.appName("Clever participation")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.ui.showConsoleProgress", "false")
    )
    try:
        delta: Any = importlib.import_module("delta")
    except ImportError:
        # Without `delta-spark`, Delta's jars must be in Spark's configuration.
        return builder.getOrCreate()
    session: SparkSession = delta.configure_spark_with_delta_pip(builder).getOrCreate()
    return session


def find_salt(vault: str, secret: str) -> str | None:
    """The lake's salt: from the environment, else from the key vault through the platform's own utilities; None without
    both.

    :param vault: the address of a key vault; empty for none
    """
    given = os.environ.get(SALT_VARIABLE)
    if given:
        return given
    utilities = _utilities()
    if utilities is None or vault == "":
        return None
    found: str
    try:
        found = utilities.credentials.getSecret(vault, secret)
    except Exception:
        # Fabric expects the address of a vault, Synapse its name.
        found = utilities.credentials.getSecret(vault.split("//")[-1].split(".")[0], secret)
    return found


def form_of_lake(spark: SparkSession, given: str, fingerprint: str) -> str:
    """The salt in the lake's form: white space around it counts only if the lake was pseudonymized with it.

    :param fingerprint: the address of the file that identifies the lake's salt; a lake may have lost it
    """
    form = form_of(given, json.loads(read_text(spark, fingerprint))) if exists(spark, fingerprint) else None
    return given.strip() if form is None else form


def _utilities() -> Any:
    """The secret utilities of Synapse and Fabric; None elsewhere."""
    try:
        module: Any = importlib.import_module("notebookutils")
    except ImportError:
        return None
    return module if hasattr(module, "credentials") else getattr(module, "mssparkutils", None)
