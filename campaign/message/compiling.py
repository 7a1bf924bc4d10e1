"""From a definition's message to compiled texts."""

from __future__ import annotations

from campaign.definition.message import Message
from campaign.message.approved import Approved
from campaign.message.composition import Composition
from campaign.message.template import Text, TextError, compile_text


class MessageError(ValueError):
    """Texts that cannot be compiled: for each, its path below ``message`` and what is wrong."""

    def __init__(self, errors: list[tuple[tuple[str, ...], TextError]]) -> None:
        super().__init__("; ".join(str(error) for _, error in errors))
        self.errors = errors


def compile_message(message: Message | None) -> Composition:
    """Compile every text of a message.

    Raises:
        MessageError: with everything that is wrong.
    """
    errors: list[tuple[tuple[str, ...], TextError]] = []

    def compiled(source: str, *path: str) -> Text:
        try:
            return compile_text(source)
        except TextError as error:
            errors.append((path, error))
            return compile_text("")

    if message is None:
        return Composition(None, None, {})
    text = None if message.text is None else compiled(message.text, "text")
    template = None
    if message.template is not None:
        template = {
            name: compiled(source, "template", "variables", name)
            for name, source in message.template.variables.items()
        }
    variables = {
        name: compiled(source, "variables", name) for name, source in message.variables.items()
    }
    if errors:
        raise MessageError(errors)
    body, header = None, None
    if message.template is not None:
        body, header = (
            None if source is None else Approved.of(source)
            for source in (message.template.body, message.template.header)
        )
    return Composition(text, template, variables, body, header)
