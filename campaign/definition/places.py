"""Where the ledger is kept, as a definition writes it: a file, a database, or a variable's name.

Invariant: no password stands in a definition, and none is repeated in a message about it.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from campaign.definition.fields import wrong
from campaign.definition.values import Secret

_SERVER = re.compile(r"postgres(?:ql)?://(?:[^\s@/?#]*@)?[^\s@]*")
# Whatever stands between a colon and the last @ may be one, also where it is not written rightly.
_PASSWORD = re.compile(r"//[^@]*?:[^@]+@|[?&]password=")
# What was meant as an address, or as a variable's name, is no file.
_NO_FILE = re.compile(r"postgres(?:ql)?\W|\$", re.IGNORECASE)
_WORDS = re.compile(r"\b(?:host|user|password|dbname|port)\s*=", re.IGNORECASE)
_HINT = "write campaign-ledger.db, or postgresql://user@host:5432/database"


def checked(value: str) -> str:
    """Return a place as it is: a file, or an address that can be read.

    Raises:
        ValueError: it is neither; the text does not repeat it, for it may hold a password.
    """
    if "://" not in value:
        if _WORDS.search(value) or _NO_FILE.match(value):
            raise ValueError("is no file, and no address as a URL")
        return value
    if not _SERVER.fullmatch(value):
        raise ValueError("is neither a file nor the address of a PostgreSQL database")
    return value


def _place(value: object) -> str | Secret:
    if not isinstance(value, str) or not value.strip():
        raise wrong(
            "must be a file or the address of a database",
            _HINT,
        )
    if "${" in value:
        try:
            return Secret.parse(value)
        except ValueError:
            raise wrong(
                "mixes an address with an environment variable",
                "write ${NAME} alone, and the whole postgresql:// address into the variable",
            ) from None
    if holds_password(value):
        raise wrong(
            "holds a password",
            "leave it out and set PGPASSWORD (or a password file); or write ${NAME}, with the "
            "whole address in that environment variable",
        )
    try:
        return checked(value)
    except ValueError as error:
        raise wrong(str(error), _HINT) from None


def holds_password(value: object) -> bool:
    """Return whether a text is an address with a password in it, which is never to be shown.

    Also one that is not written rightly: whoever meant an address may have put one in.
    """
    if not isinstance(value, str):
        return False
    if "://" in value:
        return bool(_PASSWORD.search(value))
    meant = _NO_FILE.match(value) or _WORDS.search(value)
    return bool(meant) and ("@" in value or "password" in value.lower())


LedgerPlace = Annotated[
    str | Secret,
    PlainValidator(_place),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"\S",
            "examples": ["campaign-ledger.db", "postgresql://ana@db:5432/campaign", "${LEDGER}"],
        }
    ),
]
"""A file, the address of a PostgreSQL database, or the environment variable that holds one."""
