"""Phone numbers over whole columns, exactly as ``phonenumbers`` judges them one by one."""

from campaign.audience.numbering.reading import read_numbers

__all__ = ["read_numbers"]
