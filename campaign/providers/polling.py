"""What the built-in polls share: an answer that says nothing ends a page, with the vendor's words.

Invariant: of a page that cannot be understood nothing is heard, and no secret is in what is told of
it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from campaign.providers.asking import Reading, Unanswered
from campaign.providers.heard import About, Steps, Unheard


class Polling(Reading, ABC):
    """One way to ask what came back.

    A subclass gives ``read``, which may raise :class:`Unanswered` wherever it cannot go on.
    """

    title: str
    each: bool
    rate: float = 5.0

    @abstractmethod
    def read(self, about: About, cursor: str | None) -> Steps:
        """Ask for the page at ``cursor``, the first one for ``None``.

        Raises:
            Unanswered: the vendor gave no answer that says anything.
        """

    def page(self, about: About, cursor: str | None) -> Steps:
        """Ask for the page at ``cursor``, the first one for ``None``.

        Raises:
            Unheard: the answer cannot be understood; nothing of the page was heard.
        """
        try:
            return (yield from self.read(about, cursor))
        except Unanswered as why:
            raise Unheard(self.clean(str(why))) from None

    def strange(self) -> Unanswered:
        """Return what to raise for a cursor that is none of ours."""
        return Unanswered(f"where the reading of {self.title} stopped is not known any more")


def first_of(*times: datetime | None) -> datetime | None:
    """Return the first of these times that is known."""
    return next((at for at in times if at is not None), None)
