"""A definition as it was written: plain data, and the place of every key and value in the file.

Invariant: every path in ``data`` has a place, so that any later problem can be shown on its line;
and no line that is shown holds a secret, even where someone wrote one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode

from campaign.definition.masking import masked
from campaign.definition.nodes import Keys, Place, Tree
from campaign.definition.syntax import explain, no_mapping
from campaign.errors import InvalidInput, Problem


@dataclass(frozen=True)
class YamlSource:
    """The text of a definition, its data, and where everything stands.

    ``problems`` are those of the YAML itself that did not stop the reading: a key written twice,
    a key without a value. ``broken`` are the paths whose values those problems make meaningless.
    """

    path: Path
    data: dict[str, Any] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    broken: frozenset[Keys] = frozenset()
    _lines: tuple[str, ...] = field(default=(), repr=False)
    _places: Mapping[Keys, Place] = field(default_factory=dict, repr=False)
    _hidden: frozenset[Keys] = frozenset()

    @classmethod
    def read(cls, path: Path) -> YamlSource:
        """Read a file.

        Raises:
            InvalidInput: the file cannot be read, is not UTF-8, or is not YAML.
        """
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise InvalidInput(Problem("there is no such file", file=path)) from None
        except IsADirectoryError:
            raise InvalidInput(Problem("is a folder, not a definition", file=path)) from None
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise InvalidInput(Problem(f"cannot be read: {reason}", file=path)) from None
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InvalidInput(
                Problem("is saved as UTF-16", file=path, hint="save it as UTF-8 in your editor")
            )
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise InvalidInput(
                Problem(
                    "is not saved as UTF-8: this line holds a character in another encoding",
                    file=path,
                    line=line,
                    hint="save it as UTF-8 in your editor",
                )
            ) from None
        return cls.parse(text, path)

    @classmethod
    def parse(cls, text: str, path: Path) -> YamlSource:
        """Read the text of a definition; ``path`` is only for the messages.

        Raises:
            InvalidInput: the text is not YAML, or not a mapping.
        """
        lines = tuple(text.splitlines())
        bare = cls(path=path, data={}, _lines=lines)
        yaml = YAML(typ="safe", pure=True)
        # YAML lets an anchor be used again; the warning would quote the file, secrets included.
        yaml.composer.warn_double_anchors = False
        try:
            node = yaml.compose(text)
        except YAMLError as error:
            raise InvalidInput(bare.at(*explain(error, text))) from None
        except RecursionError:
            raise InvalidInput(Problem("is nested too deeply", file=path)) from None
        if not isinstance(node, MappingNode):
            raise InvalidInput(bare.at(*no_mapping(node, lines)))
        tree = Tree(lines)
        data = tree.mapping(node)
        source = replace(bare, data=data, broken=frozenset(tree.broken), _places=tree.places)
        found = tuple(source.at(*fault) for fault in tree.faults)
        return replace(source, problems=found)

    def hiding(self, paths: Iterable[Keys]) -> YamlSource:
        """Return the same source, with the values at ``paths`` masked wherever a line is shown."""
        hidden = self._hidden | frozenset(paths)
        result = replace(self, _hidden=hidden)
        shown = tuple(
            replace(problem, snippet=result.snippet(problem.line)) for problem in self.problems
        )
        return replace(result, problems=shown)

    def known(self, path: Keys) -> Keys:
        """Return the longest part of ``path`` that is written in the file.

        Keys that a shorthand leaves out are passed over: ``recipients.files[0]`` is found at
        ``recipients[0]`` when the files are given directly.
        """
        if path[:1] not in self._places:
            return ()
        found = path[:1]
        for key in path[1:]:
            if (*found, key) in self._places:
                found = (*found, key)
        return found

    def problem(
        self, path: Keys, message: str, hint: str | None = None, *, at_key: bool = False
    ) -> Problem:
        """Return a problem with the value (or the key) at ``path``, or the nearest that is written.

        What is missing from the whole definition is reported on line 1, without a snippet.
        """
        found = self.known(path)
        if not found:
            return Problem(message, file=self.path, line=1, hint=hint)
        place = self._places[found]
        if at_key and place.key_line is not None and place.key_column is not None:
            return self.at(place.key_line, place.key_column, message, hint)
        return self.at(place.line, place.column, message, hint)

    def line(self, path: Keys) -> int:
        """Return the line (from 1) on which the value at ``path`` starts."""
        found = self.known(path)
        return self._places[found].line + 1 if found else 1

    def at(self, line: int, column: int, message: str, hint: str | None = None) -> Problem:
        """Return a problem at a line and column that count from 0."""
        return Problem(
            message,
            file=self.path,
            line=line + 1,
            column=column + 1,
            snippet=self.snippet(line + 1),
            hint=hint,
        )

    def snippet(self, number: int | None) -> str | None:
        """Return a line (from 1) as the file has it, without secrets."""
        if number is None or not 1 <= number <= len(self._lines):
            return None
        line = number - 1
        text = self._lines[line]
        for path in self._hidden:
            place = self._places.get(path)
            if place is None or not place.line <= line <= place.end_line:
                continue
            # The rest of the line goes too: a comment after a key often holds the old key.
            text = f"{text[: place.column]}***" if line == place.line else "***"
        return masked(text)
