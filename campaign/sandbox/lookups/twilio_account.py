"""What the customer's Twilio account is and has, from Twilio's API reference.

"Account", "IncomingPhoneNumbers", "Senders API - WhatsApp" and "Fetch an approval status request".
At Twilio's the last two live at hosts of their own; here all are below one prefix.
"""

from __future__ import annotations

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.config import TwilioConfig
from campaign.sandbox.lookups.lookup import Lookup, Question
from campaign.sandbox.lookups.twilio import credentials, error


class TwilioSetUp:
    """The account, its numbers, its WhatsApp senders and its templates, as configured."""

    def __init__(self, config: TwilioConfig) -> None:
        self._config = config

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups."""
        account = "/2010-04-01/Accounts/{account}"
        return (
            Lookup("GET", f"{account}/IncomingPhoneNumbers.json", self.numbers),
            Lookup("GET", "/2010-04-01/Accounts/{file}", self.account),
            Lookup("GET", "/v2/Channels/Senders", self.senders),
            Lookup("GET", "/v1/Content/{sid}/ApprovalRequests", self.approval),
        )

    def account(self, question: Question) -> Answer:
        """Show the account, to itself alone."""
        account = question.path["file"].removesuffix(".json")
        _check(question, account)
        return json_answer(
            200,
            {
                "sid": account,
                "friendly_name": "An account",
                "status": self._config.account_status,
                "type": "Full",
                "uri": f"/2010-04-01/Accounts/{account}.json",
            },
        )

    def numbers(self, question: Question) -> Answer:
        """List the account's numbers, by ``PhoneNumber`` if that is given."""
        account = question.path["account"]
        _check(question, account)
        wanted = question.query.get("PhoneNumber")
        known = self._config.numbers
        if known is None:
            known = frozenset() if wanted is None else frozenset({wanted})
        shown = [
            {
                "sid": f"PN{place:032x}",
                "account_sid": account,
                "phone_number": number,
                "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
            }
            for place, number in enumerate(sorted(known))
            if wanted in (None, number)
        ]
        return json_answer(200, {"incoming_phone_numbers": shown, "next_page_uri": None})

    def senders(self, question: Question) -> Answer:
        """List the WhatsApp senders that are configured."""
        shown = [
            {"sid": f"XE{place:032x}", "status": status, "sender_id": f"whatsapp:{number}"}
            for place, (number, status) in enumerate(sorted(self._config.senders.items()))
        ]
        whatsapp = question.query.get("Channel") == "whatsapp"
        meta = {"key": "senders", "page": 0, "next_page_url": None}
        return json_answer(200, {"meta": meta, "senders": shown if whatsapp else []})

    def approval(self, question: Question) -> Answer:
        """Show how far WhatsApp has come with a template."""
        sid = question.path["sid"]
        known = self._config.templates
        if known is not None and sid not in known:
            raise Refusal(error(404, 20404, f"The requested resource {sid} was not found"))
        return json_answer(
            200,
            {
                "sid": sid,
                "account_sid": credentials(question.headers)[0],
                "whatsapp": {
                    "type": "whatsapp",
                    "name": "a_template",
                    "category": "UTILITY",
                    "content_type": "twilio/text",
                    "status": "approved" if known is None else known[sid],
                    "rejection_reason": "",
                    "allow_category_change": True,
                },
                "url": f"{question.base}/v1/Content/{sid}/ApprovalRequests",
            },
        )


def _check(question: Question, account: str) -> None:
    if credentials(question.headers)[0] != account:
        raise Refusal(error(401, 20003, "Authenticate"))
