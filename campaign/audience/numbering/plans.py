"""What ``phonenumbers`` knows about each region and calling code, as this room asks for it.

Invariant: everything here is taken from the installed metadata or asked of the library; no number,
pattern or country is written down. The order of questions is that of the library (phonenumbers
9.0.43, ``phonenumberutil.py``: ``_number_type_helper``, ``_region_code_for_number_from_list``,
``_maybe_strip_national_prefix_carrier_code``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc

REGIONS: tuple[str, ...] = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))
"""Every region that has numbers, in the order in which this room counts them."""

_IN_ORDER = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
"""The kinds that are asked before fixed line and mobile, in the library's order."""

LENGTHS = range(2, 18)
"""How many digits a national number may have for the library to read it."""


@dataclass(frozen=True, slots=True)
class Region:
    """How numbers are dialled inside a region."""

    name: str
    country: int
    metadata: PhoneMetadata

    @property
    def pattern(self) -> str:
        """The pattern of all its national numbers."""
        return _general(self.metadata).national_number_pattern or ""

    @property
    def prefix(self) -> str | None:
        """The pattern of what is dialled before a national number, if anything."""
        return self.metadata.national_prefix_for_parsing or None

    @property
    def rewriting(self) -> str | None:
        """What stands instead of some prefixes, where they do not only go."""
        return self.metadata.national_prefix_transform_rule or None

    @property
    def abroad(self) -> str | None:
        """The pattern of what is dialled before a foreign number."""
        return self.metadata.international_prefix or None

    def too_long(self, length: int) -> bool:
        """Tell whether so many digits are more than any number of the region has."""
        desc = _general(self.metadata)
        return length > max(desc.possible_length) and length not in desc.possible_length_local_only

    def bears(self, length: int) -> bool:
        """Tell whether a prefix may be taken off if so many digits remain."""
        desc = _general(self.metadata)
        return self.too_long(length) or (
            length in desc.possible_length and length not in desc.possible_length_local_only
        )


@cache
def region(name: str) -> Region:
    """Return the region of this name; one of `REGIONS`."""
    country = phonenumbers.country_code_for_region(name)
    return Region(name, country, _metadata(country, name))


@dataclass(frozen=True, slots=True)
class Kind:
    """What the library says about a number: its region, its type, whether its length may be."""

    country: int
    region: str | None
    type: str
    possible: bool


class Country:
    """A calling code with the regions that share it, or the service that no country owns."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
        self._plans = [(name, _metadata(code, name)) for name in self.regions]

    @property
    def prefix(self) -> str | None:
        """The pattern of the national prefix that is taken off behind the calling code."""
        return self._plans[0][1].national_prefix_for_parsing or None

    def whole_patterns(self) -> list[str]:
        """Return every pattern that a whole number is compared with, each once."""
        return list(dict.fromkeys(_texts(desc for _, plan in self._plans for desc in _descs(plan))))

    def leading_digits(self) -> list[str]:
        """Return every pattern that only the beginning of a number is compared with, each once."""
        return list(
            dict.fromkeys(plan.leading_digits for _, plan in self._plans if plan.leading_digits)
        )

    def kind(self, length: int, matching: frozenset[str], leading: frozenset[str]) -> Kind:
        """Return what a number of this length is that matches these patterns."""

        def of(desc: PhoneNumberDesc | None) -> bool:
            if desc is None or desc.national_number_pattern not in matching:
                return False
            return not desc.possible_length or length in desc.possible_length

        name = self._region(of, leading)
        type_ = "unknown" if name is None else _type(dict(self._plans)[name], of)
        return Kind(self.code, name, type_, _possible(self.code, length))

    def _region(
        self, of: Callable[[PhoneNumberDesc | None], bool], leading: frozenset[str]
    ) -> str | None:
        if len(self._plans) == 1:
            return self._plans[0][0]
        for name, plan in self._plans:
            if plan.leading_digits is not None:
                if plan.leading_digits in leading:
                    return name
            elif _type(plan, of) != "unknown":
                return name
        return None


def countries() -> list[Country]:
    """Return every calling code of the library, in ascending order."""
    return [Country(code) for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)]


def _metadata(code: int, name: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, name)
    if metadata is None or metadata.general_desc is None:
        raise LookupError(f"phonenumbers has no metadata for {name} ({code}); install it anew.")
    return metadata


def _general(plan: PhoneMetadata) -> PhoneNumberDesc:
    return plan.general_desc or PhoneNumberDesc()


def _descs(plan: PhoneMetadata) -> Iterator[PhoneNumberDesc | None]:
    yield plan.general_desc
    for name in (*_IN_ORDER, "fixed_line", "mobile"):
        yield getattr(plan, name)


def _texts(descs: Iterator[PhoneNumberDesc | None]) -> Iterator[str]:
    return (desc.national_number_pattern for desc in descs if desc and desc.national_number_pattern)


def _type(plan: PhoneMetadata, of: Callable[[PhoneNumberDesc | None], bool]) -> str:
    """Return the type in libphonenumber's words; ``unknown`` means not valid."""
    if not of(plan.general_desc):
        return "unknown"
    for name in _IN_ORDER:
        if of(getattr(plan, name)):
            return name
    if of(plan.fixed_line):
        either = plan.same_mobile_and_fixed_line_pattern or of(plan.mobile)
        return "fixed_line_or_mobile" if either else "fixed_line"
    if not plan.same_mobile_and_fixed_line_pattern and of(plan.mobile):
        return "mobile"
    return "unknown"


def _possible(code: int, length: int) -> bool:
    # Only the length counts, so any number of that length tells.
    number = phonenumbers.PhoneNumber(country_code=code, national_number=10 ** (length - 1))
    return phonenumbers.is_possible_number(number)
