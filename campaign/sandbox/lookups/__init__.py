"""What can be looked up at the vendors, and at the Twilio account through which two of them send.

Written from the documents alone, like the vendors; every answer comes from the journal, or from
the configuration where it is asked who is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from campaign.sandbox.config import SandboxConfig
from campaign.sandbox.lookups.lookup import Lookup
from campaign.sandbox.lookups.sendbird import SendbirdExports
from campaign.sandbox.lookups.synthflow import SynthflowChats
from campaign.sandbox.lookups.synthflow_agents import SynthflowAgents
from campaign.sandbox.lookups.twilio import Twilio
from campaign.sandbox.lookups.twilio_account import TwilioSetUp
from campaign.sandbox.lookups.twilio_messages import TwilioMessages
from campaign.sandbox.lookups.whippy import WhippyConversations
from campaign.sandbox.lookups.whippy_agents import WhippyAgents
from campaign.sandbox.vendors import NAMES
from campaign.sandbox.vendors.sendbird import Sendbird
from campaign.sandbox.vendors.synthflow import Synthflow
from campaign.sandbox.vendors.vendor import Service
from campaign.sandbox.vendors.whippy import Whippy

SERVICES = (*NAMES, Twilio.name)
"""Every API below a prefix of its own; at the last one nothing can be sent."""


def lookups(config: SandboxConfig) -> Iterator[tuple[Service, Lookup]]:
    """Return every look-up with the API that it belongs to. Zild documents none."""
    sendbird = Sendbird(config.sendbird)
    whippy = Whippy(config.whippy)
    synthflow = Synthflow(config.synthflow)
    twilio = Twilio(config.twilio)
    for service, table in (
        (sendbird, SendbirdExports(sendbird, config.sendbird).table()),
        (whippy, WhippyConversations(config.whippy).table()),
        (whippy, WhippyAgents(whippy, config.whippy).table()),
        (synthflow, SynthflowChats(config.synthflow).table()),
        (synthflow, SynthflowAgents(synthflow).table()),
        (twilio, TwilioMessages(config.twilio).table()),
        (twilio, TwilioSetUp(config.twilio).table()),
    ):
        for lookup in table:
            yield service, lookup
