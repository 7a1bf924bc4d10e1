"""What is wrong with a text that is not YAML, in a sentence for people.

Invariant: nothing of the file is repeated in a message or hint, because at this point nobody
knows which part of it is a secret; the line is shown beside the message, masked.
"""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError

from campaign.definition.nodes import Fault

_NO_SPACE = re.compile(r"^\s*(?:-\s+)?(?P<key>[A-Za-z_][\w-]*):(?=[^\s/])")
_BRACES = re.compile(r"(?:[:,\[]|-)\s+\{\{|^\s*\{\{")
_QUOTED = re.compile(r""":\s*["']""")


def explain(error: YAMLError, text: str) -> Fault:
    """Return where and what the mistake is; the common ones with a hint."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        line = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        return Fault(line, column, "holds a control character that is not allowed in YAML")
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Fault(0, 0, "is not YAML")
    lines = text.splitlines()
    line, column = error.problem_mark.line, error.problem_mark.column
    here = lines[line] if line < len(lines) else ""
    problem = str(error.problem or "")
    mark = error.context_mark or error.problem_mark
    opened = (mark.line, mark.column)

    if "'\\t'" in problem:
        return Fault(line, column, "a tab cannot be used here", "indent with spaces")
    if "cannot start any token" in problem:
        return _bad_start(line, column, here)
    for number in (line, line - 1):
        if 0 <= number < len(lines) and _BRACES.search(lines[number]):
            hint = 'write it as "{{ first_name }}, ..."'
            column = lines[number].index("{{")
            return Fault(number, column, "a text that starts with {{ must be in quotes", hint)
    if "end of stream" in problem and "quoted scalar" in str(error.context):
        return Fault(*opened, "this quote is never closed", "add the closing quote")
    if "undefined alias" in problem:
        hint = "put the text in quotes: * stands for an alias in YAML"
        return Fault(line, column, "a text that starts with * must be in quotes", hint)
    if "another document" in problem:
        hint = "remove the line ---, or make two files"
        return Fault(line, column, "a file holds only one definition", hint)
    if "unknown escape" in problem:
        hint = "use single quotes, or write the backslash twice"
        return Fault(line, column, "this backslash means nothing in double quotes", hint)
    if "',' or ']'" in problem:
        return Fault(*opened, "the list that starts here is never closed", "add the ]")
    if "',' or '}'" in problem:
        hint = "add the }, or put the text in quotes"
        return Fault(*opened, "the mapping that starts here is never closed", hint)
    if "sequence entries" in problem:
        hint = "put each item on its own line, or write [one, two]"
        return Fault(line, column, "a list with - cannot start on this line", hint)
    return _layout(problem, lines, line, column)


def _layout(problem: str, lines: list[str], line: int, column: int) -> Fault:
    """Explain what is wrong with colons, quotes and indentation."""
    here = lines[line] if line < len(lines) else ""
    if "mapping values" in problem or "could not find expected ':'" in problem:
        for number in range(line, max(line - 4, -1), -1):
            if number < len(lines) and (fault := missing_space(number, lines[number])):
                return fault
        if here[:column].count(": ") >= 1:
            hint = "put the text in quotes"
            return Fault(line, column, "a text with a colon and a space must be in quotes", hint)
        hint = "keys of the same mapping start in the same column"
        return Fault(line, column, "this line is indented further than it should be", hint)
    if "<block end>" in problem and "<scalar>" in problem and _QUOTED.search(here[:column]):
        hint = "put the whole text in quotes; inside single quotes, write ' twice"
        return Fault(line, column, "there is text after the closing quote", hint)
    if "<block end>" in problem:
        hint = "keys of the same mapping start in the same column"
        return Fault(line, column, "this line is not indented like the lines around it", hint)
    return Fault(line, column, "this is not valid YAML", "put texts with special signs in quotes")


def missing_space(number: int, line: str) -> Fault | None:
    """Return the fault of a line such as ``name:spring``, or nothing."""
    found = _NO_SPACE.match(line)
    if found is None:
        return None
    key = found["key"]
    return Fault(
        number, found.end() - 1, "a space is missing after the colon", f"write `{key}: ...`"
    )


def no_mapping(node: Node | None, lines: tuple[str, ...]) -> Fault:
    """Return the fault of a file whose top level is not a mapping."""
    hint = "it starts with keys such as `name: spring-sale` and `channel: sms`"
    if node is None:
        return Fault(0, 0, "the definition is empty", hint)
    line, column = node.start_mark.line, node.start_mark.column
    if line < len(lines) and (fault := missing_space(line, lines[line])):
        return fault
    return Fault(line, column, "a definition is a mapping of keys to values", hint)


def _bad_start(line: int, column: int, here: str) -> Fault:
    sign = here[column] if column < len(here) else ""
    example = {"%": 'write it as "%Y-%m-%d"', "@": 'write it as "@name"'}.get(sign)
    message = f"a text that starts with {sign} must be in quotes"
    return Fault(line, column, message, example or "put the text in quotes")
