"""The salt, from the key vault in which OEA keeps it. It is only in this process's memory."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

_NAME = "oeaSalt"


class NoSalt(Exception):
    """The salt is unavailable or wrong. The text says why, and never contains the salt."""


def salt_of_lake(service: str, vault: str, proof: dict[str, Any]) -> str:
    """The vault's salt, in the form that the lake uses.

    :param service: `synapse`, `fabric` or `livy`
    :param proof: the salt's fingerprint, made by the pipeline
    """
    form = form_of(_secret(service, vault), proof)
    if form is None:
        raise NoSalt("the key vault has another salt than this run")
    return form


def form_of(given: str, proof: dict[str, Any]) -> str | None:
    """The form of a salt that a fingerprint is of: with the white space around it that the lake uses; None if there is
    none.

    :param proof: the salt's fingerprint
    """
    trimmed = given.strip()
    for form in (given, trimmed, trimmed + "\n", trimmed + "\r\n"):
        made = hashlib.scrypt(
            form.encode("utf-8"),
            salt=bytes.fromhex(proof["nonce"]),
            n=proof["cost"],
            r=8,
            p=1,
            maxmem=64 * 1024 * 1024,
            dklen=32,
        )
        if made.hex() == proof["fingerprint"]:
            return form
    return None


def _secret(service: str, vault: str) -> str:
    try:
        if service == "synapse":
            from notebookutils import mssparkutils  # type: ignore[import-not-found]

            host = urlsplit(vault).hostname or ""
            secret = mssparkutils.credentials.getSecret(host.split(".")[0], _NAME)
        elif service == "fabric":
            import notebookutils

            secret = notebookutils.credentials.getSecret(vault, _NAME)
        else:
            headers = {"Authorization": f"Bearer {_machine_token(vault)}"}
            address = f"{vault.rstrip('/')}/secrets/{_NAME}?api-version=7.4"
            secret = _get(address, headers, direct=False)["value"]
    except urllib.error.HTTPError as error:
        raise NoSalt(f"{_part_of(error.url)} answered with {error.code}") from None
    except urllib.error.URLError as error:
        raise NoSalt(f"no answer ({type(error.reason).__name__})") from None
    except (
        Exception
    ) as error:  # Any error of a platform's own module: its text may reveal more than it should.
        raise NoSalt(type(error).__name__) from None
    if not isinstance(secret, str) or secret == "":
        raise NoSalt("the secret is empty")
    return secret


def _part_of(url: str | None) -> str:
    return "the machine's identity" if url is not None and "/metadata/identity/" in url else "the key vault"


def _machine_token(vault: str) -> str:
    """A token of the machine's managed identity, from the metadata service of Azure's virtual machines."""
    host = urlsplit(vault).hostname or ""
    resource = host.split(".", 1)[1] if host.split(".")[1:2] == ["vault"] else "vault.azure.net"
    # If it is at another address, Azure's own libraries find it by this variable, too.
    authority = os.environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254").rstrip("/")
    query = f"api-version=2018-02-01&resource=https://{resource}"
    token: str = _get(
        f"{authority}/metadata/identity/oauth2/token?{query}", {"Metadata": "true"}, direct=True
    )["access_token"]
    return token


def _get(address: str, headers: dict[str, str], *, direct: bool) -> dict[str, Any]:
    # The machine's own service is not behind a proxy. A redirect would send the token to another host.
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if direct:
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        document: dict[str, Any] = json.loads(answer.read().decode("utf-8"))
        return document


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
