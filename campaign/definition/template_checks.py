"""Whether a template's variables fill its placeholders, all of them, as the provider takes them.

Invariant: with the approved text given, every placeholder has a value and every value has a
placeholder. A value that is left out is not an error at every vendor: one sends the sample that was
entered when the template was made (Twilio, "Using variables with Content API").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from campaign.definition.placeholders import is_named, is_numbered, placeholders
from campaign.definition.template import Template
from campaign.providers.protocol import Capabilities, Misfit

_CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")

Path = tuple[str | int, ...]


def template_misfits(
    template: Template, path: Path, able: Capabilities, vendor: str
) -> Iterator[Misfit]:
    """Yield what does not fit of the template at ``path``, at a provider that takes templates."""
    if able.template_id == "content_sid" and not _CONTENT_SID.fullmatch(template.id):
        told = "a template id is a Content SID: HX and 32 digits from 0 to 9 and a to f"
        yield Misfit((*path, "id"), told)
    if able.template_id == "integer" and not re.fullmatch(r"[0-9]+", template.id):
        yield Misfit((*path, "id"), f"{vendor} knows its templates by a whole number")
    if able.template_variables == "numbered" and template.parameters == "named":
        yield Misfit(
            (*path, "parameters"),
            f"{vendor} takes the values of placeholders by number, not by name",
            "write parameters: numbered, or remove the line",
        )
        return
    kind = "numbered" if able.template_variables == "numbered" else _kind(template)
    # Which numbers are missing says nothing while it is not clear that they are numbers.
    misnamed = list(_misnamed(template, path, kind))
    yield from misnamed
    if not misnamed:
        yield from _numbering(template, path, kind)
        yield from _mapping(template, path)
    yield from _limits(template, path, able, vendor)


def _kind(template: Template) -> str:
    """Return how the placeholders are named: as the template says, else as most of them are."""
    if template.parameters is not None:
        return template.parameters
    names = [*template.variables, *placeholders(template.header, template.body)]
    numbers = sum(map(is_numbered, names))
    return "numbered" if names and numbers * 2 >= len(names) else "named"


def _misnamed(template: Template, path: Path, kind: str) -> Iterator[Misfit]:
    """Yield the names of the wrong kind: numbers among names, or names among numbers."""
    fits, other, word = (
        (is_numbered, "a number", "numbered") if kind == "numbered" else (is_named, "a name", kind)
    )
    hint = (
        "number them from 1, or write parameters: named"
        if kind == "numbered"
        else "write names in lower-case letters, digits and underscores"
    )
    for name in template.variables:
        if not fits(name):
            told = f"the placeholders of this template are {word}, and {name!r} is not {other}"
            yield Misfit((*path, "variables", name), told, hint)
    for part in ("header", "body"):
        for name in placeholders(getattr(template, part)):
            if not fits(name):
                told = (
                    f"the placeholders of this template are {word}, and {{{{{name}}}}} has not "
                    f"{other}"
                )
                yield Misfit((*path, part), told, "a template has numbers or names, not both")


def _numbering(template: Template, path: Path, kind: str) -> Iterator[Misfit]:
    """Numbers go from 1 without a gap, in the approved text or else in the variables."""
    if kind != "numbered":
        return
    written = placeholders(template.header, template.body)
    names = list(template.variables) if template.body is None else written
    lacking = [number for number in _up_to(len(names)) if number not in names]
    if not lacking:
        return
    missing = f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing"
    if template.body is None:
        yield Misfit(
            (*path, "variables"),
            f"the template's variables must be numbered from 1 to {len(names)} without gaps; "
            f"{missing}",
            'write {"1": ..., "2": ...}, or a list in that order',
        )
    else:
        yield Misfit(
            (*path, "body"),
            f"placeholders are numbered from 1 without gaps; {missing}",
            "write the text as the vendor approved it",
        )


def _up_to(count: int) -> Sequence[str]:
    return [str(number) for number in range(1, count + 1)]


def _mapping(template: Template, path: Path) -> Iterator[Misfit]:
    """Every placeholder has a value; and every value a placeholder, where the body is known."""
    written = placeholders(template.header, template.body)
    for name in written:
        if name not in template.variables:
            yield Misfit(
                (*path, "variables"),
                f"the placeholder {{{{{name}}}}} has no value",
                f'add {name}: "..." to variables; nothing may be left out',
            )
    if template.body is None:
        return
    for name in template.variables:
        if name not in written:
            yield Misfit(
                (*path, "variables", name),
                f"the template has no placeholder {{{{{name}}}}}",
                f"it has {_listed(written)}",
            )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in names) or "none"


def _limits(template: Template, path: Path, able: Capabilities, vendor: str) -> Iterator[Misfit]:
    if able.most_variables is not None and len(template.variables) > able.most_variables:
        yield Misfit(
            (*path, "variables"),
            f"{vendor} takes {able.most_variables} variables at most, and these are "
            f"{len(template.variables)}",
        )
    for name in template.variables:
        if able.longest_variable_name is not None and len(name) > able.longest_variable_name:
            told = f"{vendor} takes names of {able.longest_variable_name} characters at most"
            yield Misfit((*path, "variables", name), told)
