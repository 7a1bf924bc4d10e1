"""Which columns of the list a definition needs; all that are missing are reported together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from campaign.audience.columns import require
from campaign.audience.headers import normalise_header
from campaign.audience.reading import RecipientList
from campaign.definition.load import Loaded
from campaign.errors import InvalidInput, Problem
from campaign.message.composition import Composition


@dataclass(frozen=True, slots=True)
class Needs:
    """The columns by role, under the names they have in the frame."""

    address: str
    key: str | None
    country: str | None
    window: str | None
    consent: str | None
    timezone: str | None

    @classmethod
    def of_all(
        cls, said: Iterable[tuple[Loaded, Composition]], lst: RecipientList, address: str
    ) -> Needs:
        """Find the columns of every variant's message; what several of them lack is told once.

        Raises:
            InvalidInput: some are not in the list; each is named at its place in the definition.
        """
        problems: dict[Problem, None] = {}
        for loaded, composition in said:
            try:
                needs = cls.of(loaded, lst, address, composition)
            except InvalidInput as error:
                problems |= dict.fromkeys(error.problems)
        if problems:
            raise InvalidInput(list(problems))
        return needs

    @classmethod
    def of(
        cls, loaded: Loaded, lst: RecipientList, address: str, composition: Composition
    ) -> Needs:
        """Find the columns.

        Raises:
            InvalidInput: some are not in the list; each is named at its place in the definition.
        """
        problems: list[Problem] = []
        named = loaded.definition.recipients.address is not None

        def find(name: str | None, wanted_for: str, *path: str) -> str | None:
            if name is None:
                return None
            try:
                # Only the address has a name that nobody wrote.
                unnamed = "address" if path[-1:] == ("address",) and not named else None
                require(lst, name, wanted_for=wanted_for, setting=unnamed)
            except InvalidInput as error:
                problems.extend(
                    loaded.locate(*path, message=problem.message, hint=problem.hint)
                    for problem in error.problems
                )
            return name if name in lst.headers else normalise_header(name)

        recipients, window = loaded.definition.recipients, loaded.definition.window
        consent = loaded.definition.consent
        needs = cls(
            address=find(address, "the address", "recipients", "address") or address,
            key=find(recipients.key, "the key", "recipients", "key"),
            country=find(recipients.country, "the country", "recipients", "country"),
            window=find(
                window.column if window else None, "the 24-hour window", "window", "column"
            ),
            consent=find(consent.column if consent else None, "the consent", "consent", "column"),
            timezone=find(recipients.timezone, "the time zone", "recipients", "timezone"),
        )
        for path, text in composition.texts():
            for name in text.columns:
                if name in lst.lacking:
                    find(name, "the message", "message", *path)
                elif name not in lst.headers:
                    find(name, "the message", "message", *path)
                    if normalise_header(name) in lst.headers:
                        # Templates spell a name exactly; the header's other spellings do not do.
                        problems.append(
                            loaded.locate(
                                "message",
                                *path,
                                message=f"the list has no column {name!r}",
                                hint=f"Write {{{{ {normalise_header(name)} }}}}.",
                            )
                        )
        if problems:
            raise InvalidInput(problems)
        return needs
