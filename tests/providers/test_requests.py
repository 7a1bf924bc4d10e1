from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from campaign.channel import Channel
from campaign.definition.load import load
from campaign.errors import InvalidInput
from campaign.providers import registry
from campaign.providers.protocol import Message, TemplateUse
from tests.contracts.validator import assert_request_fits
from tests.providers.vendors import (
    AGENT,
    KEY,
    NAMES,
    NUMBER,
    SENDER,
    WAYS,
    body_of,
    full,
    plain,
    provider,
    some_message,
)

ZILD_OPTIONS = {
    "live_agent": False,
    "queue_id": 3,
    "user_id": 4,
    "counterpart_user_id": 5,
    "account_ids": [6, 7],
    "contact_ids": [8],
    "conversation_integration_type": 0,
}


@pytest.mark.parametrize("build", [plain, full], ids=["least", "most"])
@pytest.mark.parametrize(("name", "channel"), WAYS)
def test_every_request_fits_the_vendors_contract(
    name: str, channel: Channel, build: object
) -> None:
    message = build(name, channel)  # type: ignore[operator]
    assert_request_fits(name, provider(name).request([message]))


def test_all_options_of_zild_travel_and_fit_the_contract() -> None:
    request = provider("zild", **ZILD_OPTIONS).request([some_message("zild")])
    assert_request_fits("zild", request)
    body = body_of(request)
    assert body["liveAgent"] is False  # said, although it is false
    assert body["conversationIntegrationType"] == 0
    assert (body["queueId"], body["userId"], body["counterpartUserId"]) == (3, 4, 5)
    assert (body["accountIds"], body["contactIds"]) == ([6, 7], [8])


def test_what_is_not_asked_for_is_not_in_the_body() -> None:
    assert body_of(provider("zild").request([some_message("zild")])).keys() == {
        "channelId",
        "botId",
        "recipient",
        "conversationTemplateId",
        "contentVariables",
    }
    assert body_of(provider("sendbird").request([some_message("sendbird")])).keys() == {
        "message",
        "channel_type",
        "user_id",
    }


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (
            "sendbird",
            "https://api-app-1.sendbird.com/v3/ai_agent/ai_agents/bot.1/conversations/start",
        ),
        ("zild", "https://zild.example.com/api/Conversation/proactive-conversation"),
        ("whippy", f"https://api.whippy.co/v1/agents/{AGENT}/chat"),
        ("synthflow", "https://api.us.synthflow.ai/v2/chat/outbound"),
    ],
)
def test_it_is_posted_to_the_documented_address(name: str, url: str) -> None:
    request = provider(name).request([some_message(name)])
    assert (request.method, str(request.url)) == ("POST", url)


def test_the_global_cluster_of_synthflow_has_a_host_of_its_own() -> None:
    request = provider("synthflow", region="global").request([some_message("synthflow")])
    assert request.url.host == "api.synthflow.ai"


@pytest.mark.parametrize("name", NAMES)
def test_the_definition_may_name_another_base_url(name: str) -> None:
    usual = provider(name).request([some_message(name)]).url.path
    other = provider(name, base_url="https://proxy.example.com/x/")
    url = other.request([some_message(name)]).url
    assert str(url) == f"https://proxy.example.com/x{usual}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", ["ana:hunter2@", "hunter2@", "ana:hun@ter2@", ":hunter2@", "@"])
def test_an_address_with_a_password_is_refused_without_repeating_it(name: str, who: str) -> None:
    with pytest.raises(ValidationError) as refused:
        provider(name, base_url=f"https://{who}proxy.example.com/x")
    (error,) = refused.value.errors()
    assert error["loc"] == ("base_url",)
    assert "no user name and no password" in error["msg"]
    assert "hunter2" not in error["msg"]


@pytest.mark.parametrize(
    "written",
    [
        "https://ana:hunter2@zild.example.com",
        '"https://ana:hunter2@zild.example com"',
        '"https://ana:hunter2@zild.example.com',
        ">\n    https://ana:hunter2@zild.example.com",
        '"https:\\/\\/ana:\\\n    hunter2@zild.example.com"',
    ],
)
def test_a_password_in_an_address_is_not_shown_with_the_error(tmp_path: Path, written: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"name: x\nprovider:\n  name: zild\n  base_url: {written}\nchannel: 1\n")
    with pytest.raises(InvalidInput) as refused:
        load(path, registry.find, registry.names())
    assert "hunter2" not in str(refused.value) + repr(refused.value.problems)


@pytest.mark.parametrize("url", ["https://proxy.example.com/@x", "https://example.com?to=a@b"])
def test_an_at_sign_elsewhere_in_an_address_is_nobodys_password(url: str) -> None:
    assert provider("zild", base_url=url).request([some_message("zild")])


@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_wins_over_any_base_url(name: str) -> None:
    sandboxed = provider(name, url="http://127.0.0.1:1/v", base_url="https://proxy.example.com")
    assert sandboxed.request([some_message(name)]).url.host == "127.0.0.1"


@pytest.mark.parametrize("name", ["zild", "synthflow"])
def test_the_path_may_be_another_where_the_documents_disagree(name: str) -> None:
    request = provider(name, path="/api/chat/outbound").request([some_message(name)])
    assert request.url.path == "/api/chat/outbound"


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("sendbird", "Api-Token", KEY),
        ("zild", "Authorization", f"Bearer {KEY}"),
        ("whippy", "X-WHIPPY-KEY", KEY),
        ("synthflow", "Authorization", f"Bearer {KEY}"),
    ],
)
def test_the_key_travels_in_the_documented_header(name: str, header: str, value: str) -> None:
    assert provider(name).request([some_message(name)]).headers[header] == value


@pytest.mark.parametrize("name", NAMES)
def test_the_definition_may_name_another_header_for_the_key(name: str) -> None:
    other = provider(name, auth={"header": "X-User-Api-Key"}).request([some_message(name)])
    assert other.headers["X-User-Api-Key"] == KEY
    usual = provider(name).request([some_message(name)])
    assert usual.headers.keys() - other.headers.keys()  # and no longer in the usual one
    scheme = provider(name, auth={"header": "Authorization", "scheme": "Token"})
    assert scheme.request([some_message(name)]).headers["Authorization"] == f"Token {KEY}"


@pytest.mark.parametrize("key", ["line\nbreak", "curly’quote", "nul\0"], ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_no_header_can_carry_is_told_before_anybody_is_claimed(
    name: str, key: str
) -> None:
    with pytest.raises(InvalidInput, match="no HTTP header can carry") as caught:
        provider(name, key=key)
    assert key not in str(caught.value)


def test_whippys_unprinted_field_names_are_settings() -> None:
    fields = {
        "channel": "channel",
        "contact": "contact",
        "type": "kind",
        "initial_message": "send_first",
    }
    chosen = provider("whippy", fields=fields, types={"phone": "sms"}, send_initial_message=False)
    body = body_of(chosen.request([plain("whippy", Channel.PHONE)]))
    assert body == {"channel": SENDER, "contact": NUMBER, "kind": "sms", "send_first": False}


def test_whippy_writes_first_unless_told_otherwise() -> None:
    body = body_of(provider("whippy").request([plain("whippy", Channel.PHONE)]))
    assert body["send_initial_message"] is True


def test_a_schedule_is_written_with_its_offset() -> None:
    message = full("whippy", Channel.PHONE)
    assert body_of(provider("whippy").request([message]))["schedule_at"] == "2030-04-25T10:00:00Z"


def test_a_template_without_variables_is_sent_to_synthflow_without_the_member() -> None:
    message = replace(
        plain("synthflow", Channel.WHATSAPP), text=None, template=TemplateUse("HX1", None, {})
    )
    body = body_of(provider("synthflow").request([message]))
    assert body["template"] == {"content_sid": "HX1"}
    assert "initial_message" not in body


def test_zild_takes_many_recipients_in_one_request() -> None:
    first = some_message("zild")
    second = replace(first, recipient=1, address="+12025550123")
    request = provider("zild", batch=2).request([first, second])
    assert_request_fits("zild", request)
    assert body_of(request)["recipient"] == [first.address, second.address]


def test_zild_never_batches_what_belongs_to_one_recipient() -> None:
    for alone in ({"contact_ids": [1]}, {"counterpart_user_id": 0}):
        with pytest.raises(ValidationError, match="batch above 1"):
            provider("zild", batch=2, **alone)


def test_zild_needs_an_address_because_it_publishes_none() -> None:
    with pytest.raises(ValidationError, match="base_url is missing"):
        provider("zild", base_url=None)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_key_only_the_sandbox_is_sent_to(name: str) -> None:
    found = registry.find(name)
    assert found is not None
    settings = provider(name).settings.model_dump()  # type: ignore[attr-defined]
    secret = next(field for field in ("api_token", "token", "api_key") if field in settings)
    with pytest.raises(ValidationError, match=f"{secret} is missing"):
        found.Settings.model_validate(settings | {secret: None})
    sandboxed = found(
        found.Settings.model_validate(settings | {secret: None, "sandbox": True}), {}, None
    )
    assert isinstance(sandboxed.request([some_message(name)]), httpx.Request)


@pytest.mark.parametrize(
    ("channel", "sender", "wrong"),
    [
        (Channel.EMAIL, SENDER, True),
        (Channel.EMAIL, "us@example.org", False),
        (Channel.PHONE, "us@example.org", True),
        (Channel.WHATSAPP, SENDER, False),
    ],
)
def test_whippy_sends_e_mail_from_e_mail_and_numbers_from_numbers(
    channel: Channel, sender: str, wrong: bool
) -> None:
    found = registry.find("whippy")
    assert found is not None
    settings = provider("whippy").settings  # type: ignore[attr-defined]
    misfits = found.misfits(settings, channel, [sender])
    assert [misfit.path for misfit in misfits] == ([("sender", 0)] if wrong else [])


def test_text_of_every_script_arrives_as_it_is() -> None:
    text = 'Привет "Ana" 👩‍👧 {{x}} \\ \u2028'
    message: Message = replace(plain("sendbird", Channel.SMS), text=text)
    assert body_of(provider("sendbird").request([message]))["message"] == text
