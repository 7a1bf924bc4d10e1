"""From YAML nodes to plain data, remembering where everything was written.

Invariant: text stays as it was written. ``NO`` is Norway, ``+4915112345678`` keeps its plus,
``007`` its zeros, ``9.90`` its last digit, and a date stays text, so that a missing UTC offset
can be seen. Only numbers that write back exactly as they were written become numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_TAG = "tag:yaml.org,2002:"
_PLAIN = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_MOST = 20_000

BROKEN = object()
"""Stands for a value that cannot be used; nothing accepts it."""


Keys = tuple[str | int, ...]
"""Where something stands in the data: keys, and positions in lists from 0."""


class Fault(NamedTuple):
    """Something wrong with the YAML; line and column count from 0."""

    line: int
    column: int
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and its key if it has one; lines and columns count from 0."""

    line: int
    column: int
    end_line: int
    key_line: int | None = None
    key_column: int | None = None


class Tree:
    """Collects data, places and faults while walking the nodes of one file."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        self.places: dict[Keys, Place] = {}
        self.faults: list[Fault] = []
        self.broken: set[Keys] = set()
        self._open: set[int] = set()
        self._count = 0

    def mapping(self, node: Node) -> dict[str, Any]:
        """Return the data of the whole file, whose node is a mapping."""
        data = self._value(node, ())
        return data if isinstance(data, dict) else {}

    def _fault(self, node: Node, path: Keys, message: str, hint: str | None = None) -> object:
        mark = node.start_mark
        self.faults.append(Fault(mark.line, mark.column, message, hint))
        self.broken.add(path)
        return BROKEN

    def _value(self, node: Node, path: Keys, key: Node | None = None) -> Any:
        start, end = node.start_mark, node.end_mark
        # A block ends where the next key starts, which is not part of it.
        last = end.line - 1 if end.column == 0 and end.line > start.line else end.line
        self.places[path] = Place(
            start.line,
            start.column,
            last,
            key.start_mark.line if key else None,
            key.start_mark.column if key else None,
        )
        self._count += 1
        if id(node) in self._open:
            return self._fault(node, path, "this alias refers to a value that it is part of")
        if self._count > _MOST:
            if self._count == _MOST + 1:
                self._fault(node, path, f"the definition holds more than {_MOST} values")
            return BROKEN
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, key)
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode) and str(node.tag) == f"{_TAG}seq":
                return [self._value(item, (*path, i)) for i, item in enumerate(node.value)]
            if isinstance(node, MappingNode) and str(node.tag) == f"{_TAG}map":
                return self._pairs(node, path)
        finally:
            self._open.discard(id(node))
        return self._fault(node, path, "YAML tags such as !name are not supported")

    def _scalar(self, node: ScalarNode, path: Keys, key: Node | None) -> Any:
        tag, text = str(node.tag), str(node.value)
        if not text.isascii():
            # Text copied from JSON writes an emoji as two escapes, which belong together.
            try:
                text = text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                message = "this text holds half of a character"
                return self._fault(node, path, message, "write the character itself")
        if tag not in _PLAIN:
            return self._fault(node, path, "YAML tags such as !name are not supported")
        if tag == f"{_TAG}null" and text == "":
            return self._empty(node, path, key)
        if tag == f"{_TAG}null":
            return None
        if tag == f"{_TAG}bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if tag == f"{_TAG}int" and _INTEGER.fullmatch(text):
            return int(text)
        if tag == f"{_TAG}float" and re.fullmatch(r"-?[0-9]+\.[0-9]+", text):
            number = float(text)
            return number if repr(number) == text else text
        return text

    def _empty(self, node: ScalarNode, path: Keys, key: Node | None) -> object:
        hint = "give it a value, or remove the line"
        where = key if key is not None else node
        line = where.start_mark.line
        if line < len(self.lines) and re.search(r"[:-]\s+#", self.lines[line]):
            hint += "; text after # is a comment, put it in quotes to keep it"
        name = f"`{key.value}`" if isinstance(key, ScalarNode) else "this item"
        return self._fault(where, path, f"{name} has no value", hint)

    def _pairs(self, node: MappingNode, path: Keys) -> dict[str, Any]:
        data: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key, value in self._flat(node, path):
            if not isinstance(key, ScalarNode):
                self._fault(
                    key,
                    path,
                    "a text that starts with { or [ must be in quotes",
                    'write it as "{{ first_name }}"',
                )
                continue
            name = str(key.value)
            mark = key.start_mark
            if name in seen:
                self.faults.append(
                    Fault(
                        mark.line,
                        mark.column,
                        f"`{name}` is written twice: on line {seen[name]} and on line "
                        f"{mark.line + 1}",
                        "keep one of them",
                    )
                )
                continue
            seen[name] = mark.line + 1
            data[name] = self._value(value, (*path, name), key)
        for key, value in self._merged(node):
            if isinstance(key, ScalarNode) and str(key.value) not in data:
                name = str(key.value)
                data[name] = self._value(value, (*path, name), key)
        return data

    def _flat(self, node: MappingNode, path: Keys) -> list[tuple[Node, Node]]:
        """Return the mapping's own pairs, without ``<<``."""
        own = []
        for key, value in node.value:
            if str(key.tag) != f"{_TAG}merge":
                own.append((key, value))
            elif not all(isinstance(part, MappingNode) for part in _parts(value)):
                self._fault(value, path, "<< must be followed by an alias of a mapping")
        return own

    def _merged(self, node: MappingNode) -> list[tuple[Node, Node]]:
        """Return what ``<<`` brings in, the strongest first; cycles end at the first repeat."""
        found: list[tuple[Node, Node]] = []
        waiting = [part for key, value in node.value if _is_merge(key) for part in _parts(value)]
        visited = {id(node)}
        while waiting:
            part = waiting.pop(0)
            if not isinstance(part, MappingNode) or id(part) in visited:
                continue
            visited.add(id(part))
            found += [pair for pair in part.value if not _is_merge(pair[0])]
            inner = [p for key, value in part.value if _is_merge(key) for p in _parts(value)]
            waiting = inner + waiting
        return found


def _is_merge(key: Node) -> bool:
    return str(key.tag) == f"{_TAG}merge"


def _parts(value: Node) -> list[Node]:
    return list(value.value) if isinstance(value, SequenceNode) else [value]
