"""Where a campaign's ledger is, and which files the campaign lives from.

Invariant: every path that a definition names is beside the definition, whoever asks from where; and
no text for people holds the ledger's address where the environment holds it, for it may have a
password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from campaign.definition.load import Loaded
from campaign.definition.places import checked
from campaign.definition.values import MissingSecret, Secret
from campaign.errors import InvalidInput
from campaign.ledger.location import SCHEMES, FileLocation, Location, ServerLocation


def ledger_of(loaded: Loaded, environment: Mapping[str, str]) -> Location:
    """Return where the ledger of a definition is.

    Raises:
        InvalidInput: the environment variable that holds the address is not set, or holds none.
    """
    place = loaded.definition.ledger
    if isinstance(place, Secret):
        try:
            place = checked(place.reveal(environment))
        except MissingSecret as missing:
            raise InvalidInput(
                loaded.locate(
                    "ledger",
                    message=f"the environment variable {missing} is not set; the ledger's "
                    "address is taken from it",
                    hint=f"export {missing}=postgresql://user@host:5432/database",
                )
            ) from None
        except ValueError as error:
            raise InvalidInput(
                loaded.locate(
                    "ledger",
                    message=f"what the environment variable holds {error}",
                    hint="write postgresql://user:password@host:5432/database; in a password, "
                    "@ is %40, / is %2F and : is %3A",
                )
            ) from None
    if place.startswith(SCHEMES):
        return ServerLocation(place)
    return FileLocation(loaded.beside(place))


def folder_of(loaded: Loaded) -> Path:
    """Return the folder of a campaign's plans and results."""
    return loaded.beside(loaded.definition.output) / loaded.definition.name


def plans_from(loaded: Loaded, location: Location) -> Path:
    """Return the folder from which the ledger's paths of plans start."""
    if isinstance(location, FileLocation):
        return location.path.resolve().parent
    return loaded.folder.resolve()


def lives_from(loaded: Loaded, path: Path) -> bool:
    """Return whether the campaign reads this file, so that nothing may be written there."""
    # Not above: they need polars, and to know where a ledger is does not.
    from campaign.plan.making import list_files
    from campaign.quiet import quiet_files

    definition = loaded.definition
    inputs = [loaded.path, *list_files(loaded)]
    if isinstance(definition.ledger, str):
        inputs.append(loaded.beside(definition.ledger))
    inputs += [loaded.beside(name) for name in definition.suppress]
    inputs += quiet_files(loaded).values()
    if definition.cost is not None:
        inputs.append(loaded.beside(definition.cost.rates))
    return path.name.startswith("plan") or path.resolve() in {known.resolve() for known in inputs}
