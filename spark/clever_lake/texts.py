"""Decides whether a kept text may identify a person, as `src/clever/maskedText.ts` masks it.

The rules' lists and patterns come with the specification. If a text would be masked whatever is known, or contains a
known id, its file is left to the judge, who masks it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

# White space in JavaScript.
_CHUNK = re.compile("[^\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_PIECE = re.compile(r"[^\W_]+")
_DIGIT = re.compile("[0-9]")
_YEAR = re.compile(r"(?:19|20)[0-9][0-9]")


class Masked(Exception):
    """A part of the text is masked regardless of the known ids."""


class MaskRules:
    def __init__(self, document: dict[str, Any]) -> None:
        self._marker: str = document["marker"]
        self._log_in = re.compile(document["logIn"])
        # Python has no class of all letters and digits. `\w` includes the underscore, so more texts count as addresses.
        self._e_mail = re.compile(document["eMail"].replace(r"\p{L}\p{N}", r"\w"), re.IGNORECASE)
        self._url_like = re.compile(document["urlLike"], re.IGNORECASE)
        self._delimiters = re.compile(document["delimiters"])
        self._clever_form = re.compile(document["cleverForm"], re.IGNORECASE)
        self._folders = frozenset(document["personFolders"])
        self._keys = frozenset(document["personKeys"])
        self._deepest_encoding: int = document["deepestEncoding"]
        self._shortest_in_url: int = document["shortestInUrl"]
        self._most_pieces: int = document["mostPieces"]
        self._shortest_id: int = document["shortestId"]
        self._shortest_number: int = document["shortestNumber"]

    def ids_in(self, text: str, kind: str) -> list[str] | None:
        """What may be a person's id, in lower case; None for a text that is masked regardless of the known ids."""
        asked: set[str] = set()
        try:
            self._look(text, kind, "" if kind == "name" else text.lower(), self._deepest_encoding, asked)
        except Masked:
            return None
        return sorted(asked)

    def _look(self, text: str, kind: str, whole: str, depth: int, asked: set[str]) -> None:
        if self._log_in.search(text) or self._e_mail.search(text):
            raise Masked
        for chunk in _CHUNK.findall(text):
            if self._url_like.search(chunk):
                self._look_at_url(chunk, kind, whole, depth, asked)
            else:
                self._look_for_ids(chunk, kind, whole, asked)

    def _look_at_url(self, url: str, kind: str, whole: str, depth: int, asked: set[str]) -> None:
        parts = self._delimiters.split(url)
        in_query = False
        for at, part in enumerate(parts):
            if at % 2 == 1:
                in_query = in_query or part in "?#"
                continue
            if part in ("", self._marker):
                continue
            before = parts[at - 1] if at > 0 else ""
            key = _plain_key(parts[at - 2]) if at > 1 else ""
            decoded = _decode(part)
            if before in ("=", ":"):
                if key in self._keys or (in_query and self._clever_form.search(decoded)):
                    raise Masked
                if len(decoded) >= self._shortest_in_url:
                    asked.add(decoded.lower())
            if before == "/" and key in self._folders and _is_numbered(decoded):
                raise Masked
            if decoded == part:
                self._look_for_ids(part, kind, whole, asked)
            elif depth > 0:
                self._look(decoded, kind, "", depth - 1, asked)

    def _look_for_ids(self, text: str, kind: str, whole: str, asked: set[str]) -> None:
        pieces = [found.span() for found in _PIECE.finditer(text)]
        for first, (start, _) in enumerate(pieces):
            for _, end in pieces[first : first + self._most_pieces]:
                found = text[start:end].lower()
                if self._may_be_id(found, kind, whole):
                    asked.add(found)

    def _may_be_id(self, found: str, kind: str, whole: str) -> bool:
        if found == whole:
            return False
        if re.fullmatch("[0-9]+", found):
            return kind == "name" and len(found) >= self._shortest_number
        return len(found) >= self._shortest_id and re.search("[0-9._@-]", found) is not None


def _plain_key(part: str) -> str:
    return re.sub("[^a-z]", "", _decode(part).lower())


def _is_numbered(name: str) -> bool:
    digits = len(_DIGIT.findall(name))
    if digits == 0 or _YEAR.fullmatch(name):
        return False
    return re.search(r"[\s._-]", name) is None or 5 * digits >= 2 * len(name)


def _decode(part: str) -> str:
    """Decodes like JavaScript: a text with a broken escape stays as it is."""
    spaced = part.replace("+", " ")
    if re.search("%(?![0-9A-Fa-f]{2})", spaced):
        return part
    try:
        return unquote_to_bytes(spaced).decode("utf-8")
    except UnicodeDecodeError:
        return part
