"""Phone numbers over whole columns, exactly as ``phonenumbers`` judges them one by one."""

from campaign.audience.numbering.reading import Numbers, find_numbers, in_order, read_numbers
from campaign.audience.numbering.zones import zones_of

__all__ = ["Numbers", "find_numbers", "in_order", "read_numbers", "zones_of"]
