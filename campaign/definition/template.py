"""A message template that the vendor has approved, as a definition describes it.

Invariant: a template that exists could be sent: it is approved (where its status is given), its
category goes to many, and its texts keep the limits of their parts. Whether its placeholders and
its variables belong together is decided in ``template_checks``.

Sources: Meta, WhatsApp templates, "Components" (a header has 60 characters and one placeholder, a
body 1,024 characters, a footer 60 and no placeholder) and "Overview" (only ``APPROVED`` is sent;
language codes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from campaign.definition.fields import Body, Shorthand, Text, text_keys, wrong
from campaign.definition.part import Part
from campaign.definition.placeholders import fixed_length, is_well_formed, placeholders

LONGEST_BODY = 1024
LONGEST_HEADER = 60
LONGEST_FOOTER = 60

_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_SCALAR: dict[str, Any] = {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "number"}]}
_VALUES: dict[str, Any] = {"type": "array", "items": _SCALAR}


def _numbered(value: object) -> object:
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value, start=1)}
    return text_keys(value)


def _status(value: object) -> object:
    if isinstance(value, str) and value.strip().lower() == "approved":
        return "approved"
    raise wrong(
        "must be approved: the vendor sends no template in any other state",
        "wait until the vendor has approved it; or remove the line if you do not know",
    )


def _category(value: object) -> object:
    if value == "authentication":
        raise wrong(
            "cannot be authentication: such a template carries a one-time password for one "
            "person, and not a message to many",
            "use a utility or marketing template",
        )
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        parts = re.split(r"[-_]", value.strip())
        meant = "_".join([parts[0].lower(), *(part.upper() for part in parts[1:])])
        raise wrong(
            "is not written as a template's language code, such as en or pt_BR",
            f"did you mean {meant}?" if _LANGUAGE.fullmatch(meant) else None,
        )
    return value


def _approved(longest: int, most: int | None) -> Callable[[str], str]:
    """Return the check of a template's text: its length, and how many placeholders it may have."""

    def check(value: str) -> str:
        if not is_well_formed(value):
            raise wrong(
                "has braces that are no placeholder: those are written {{1}}, or {{name}} in "
                "lower-case letters, digits and underscores",
                "write the text as the vendor approved it; which column fills a placeholder "
                "stands in `variables`",
            )
        if most is not None and len(placeholders(value)) > most:
            allowed = "no placeholder" if most == 0 else "one placeholder at most"
            raise wrong(f"may have {allowed}", "write it as the vendor approved it")
        if (length := fixed_length(value)) > longest:
            raise wrong(
                f"has {length:,} characters without its placeholders, and {longest:,} are the most"
            )
        return value

    return check


class Template(Part):
    """A message template that the vendor has approved."""

    id: Text = Field(description="The template's id at the provider.")
    language: Annotated[Text, AfterValidator(_language)] | None = Field(
        default=None, description="Language code, such as en or pt_BR."
    )
    category: Annotated[Literal["marketing", "utility"], BeforeValidator(_category)] | None = Field(
        default=None, description="The category under which the template was approved."
    )
    status: (
        Annotated[
            Literal["approved"],
            BeforeValidator(_status),
            WithJsonSchema({"type": "string", "enum": ["approved"]}),
        ]
        | None
    ) = Field(
        default=None,
        description="The template's status at the vendor; any other than approved is refused.",
    )
    header: Annotated[Body, AfterValidator(_approved(LONGEST_HEADER, 1))] | None = Field(
        default=None, description="The header as it was approved, where it is text."
    )
    body: Annotated[Body, AfterValidator(_approved(LONGEST_BODY, None))] | None = Field(
        default=None,
        description="The text as it was approved, with its placeholders {{1}} or {{name}}. It is "
        "not sent; with it, placeholders and lengths are checked and the message is shown.",
    )
    footer: Annotated[Body, AfterValidator(_approved(LONGEST_FOOTER, 0))] | None = Field(
        default=None, description="The footer as it was approved."
    )
    parameters: Literal["numbered", "named"] | None = Field(
        default=None,
        description="Whether placeholders have numbers or names. Default: as `variables` has them.",
    )
    variables: Annotated[dict[str, Body], Shorthand(_numbered, (_VALUES,))] = Field(
        default_factory=dict,
        description="Values of the placeholders, by number or name; a list fills 1, 2, 3 ... "
        "Here {{ column }} is filled in per recipient.",
    )
