"""One text with variables, compiled once and rendered over whole columns.

The language is Jinja's, sandboxed, without autoescaping. Invariant: a variable that is blank for a
recipient never becomes an empty string in a message; it is reported as missing, unless the text
gives it a default: ``{{ first_name | default("there") }}``.

Most texts are words and plain variables, and those become one polars expression (about thirty
times faster than a call per row). Anything else, loops and conditions say, is rendered row by row
by Jinja itself; both ways give the same text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from jinja2 import Template, TemplateSyntaxError, Undefined, UndefinedError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

_UNDEFINED = re.compile(r"'([^']*)' is undefined")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_NAME_WITH_BLANKS = re.compile(r"\{\{-?\s*(\w+(?:[ \t]+\w+)+)\s*(?:\||-?\}\})")
_WORDS_OF_JINJA = frozenset(("and", "else", "if", "in", "is", "not", "or"))
_UNCLOSED = re.compile(r"\{\{(?:(?!\}\}).)*?(?=\{\{|\Z)", re.DOTALL)
_NO_FILTER = re.compile(r"No filter named '([^']*)'")


class Blank(Undefined):
    """A variable that this recipient does not have: false in a condition, an error in a text."""

    __slots__ = ()

    # Jinja's own lenient kind is already false and unequal to everything; only these would let a
    # blank slip into a text as nothing at all, or as the word "Undefined".
    __str__ = __repr__ = __iter__ = __len__ = Undefined._fail_with_undefined_error  # noqa: SLF001 - so does Jinja

    def __contains__(self, item: object) -> bool:
        return False


_ENVIRONMENT = SandboxedEnvironment(autoescape=False, undefined=Blank, keep_trailing_newline=True)
# Every name in a text is a column of the list, also one that is called "range" or "dict".
_ENVIRONMENT.globals.clear()


class TextError(ValueError):
    """A text that cannot be compiled; ``line`` counts from 1 within the text."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Text:
    """A compiled text: ``columns`` are the variables it mentions, in alphabetical order."""

    source: str
    columns: tuple[str, ...]
    _template: Template
    _parts: tuple[Part, ...] | None

    def render(self, values: Mapping[str, str]) -> Rendered:
        """Render for one recipient; ``values`` holds only the variables that are not blank."""
        try:
            return Rendered(text=self._template.render(values))
        except UndefinedError as error:
            found = _UNDEFINED.search(str(error))
            if found:
                return Rendered(missing=found[1])
            return Rendered(failure=str(error))
        except Exception as error:  # noqa: BLE001 - any mistake in a text is the text's, not ours
            return Rendered(failure=f"{type(error).__name__}: {error}")

    def expression(self) -> pl.Expr:
        """Return a struct expression with the fields ``text``, ``missing`` and ``failure``.

        Exactly one of the three is not null in every row.
        """
        if self._parts is None:
            return self._row_by_row()
        text = pl.concat_str([part.expression() for part in self._parts]) if self._parts else _EMPTY
        required = [part.column for part in self._parts if part.column and part.default is None]
        missing = pl.coalesce(
            pl.lit(None, dtype=pl.String),
            *(
                pl.when(pl.col(column).is_null()).then(pl.lit(column))
                for column in dict.fromkeys(required)
            ),
        )
        return pl.struct(
            text.alias("text"),
            missing.alias("missing"),
            pl.lit(None, dtype=pl.String).alias("failure"),
        )

    def _row_by_row(self) -> pl.Expr:
        def render(frame: pl.Series) -> pl.Series:
            rendered = [
                self.render({name: value for name, value in row.items() if value is not None})
                for row in frame
            ]
            return pl.DataFrame(
                {
                    "text": [row.text for row in rendered],
                    "missing": [row.missing for row in rendered],
                    "failure": [row.failure for row in rendered],
                },
                schema=_RENDERED,
            ).to_struct()

        # A text without variables still needs a row to be called for.
        columns = [pl.col(name) for name in self.columns] or [_EMPTY.alias("_")]
        return pl.struct(columns).map_batches(
            render, return_dtype=pl.Struct(_RENDERED), is_elementwise=True
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text for one recipient, or the variable that was missing, or what went wrong."""

    text: str | None = None
    missing: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a simple text: words, or a variable with an optional default and letter case."""

    words: str = ""
    column: str | None = None
    default: str | None = None

    def expression(self) -> pl.Expr:
        """Return the piece as a column."""
        if self.column is None:
            return pl.lit(self.words)
        column = pl.col(self.column)
        return column if self.default is None else column.fill_null(self.default)


_EMPTY = pl.lit("")
_RENDERED = {"text": pl.String, "missing": pl.String, "failure": pl.String}


def compile_text(source: str) -> Text:
    """Compile a text.

    Raises:
        TextError: the text is not a valid template, with a sentence and the line.
    """
    try:
        tree = _ENVIRONMENT.parse(source)
        _check(tree)
        columns = tuple(sorted(meta.find_undeclared_variables(tree)))
        template = _ENVIRONMENT.from_string(source)
    except TemplateSyntaxError as error:
        raise TextError(_sentence(error, source), error.lineno) from None
    except RecursionError:
        raise TextError("the text cannot be read as a template: nested too deeply") from None
    return Text(source, columns, template, _parts(tree))


def _check(tree: nodes.Template) -> None:
    for name in tree.find_all(nodes.Name):
        if name.name == "self":
            raise TextError(
                "`self` is a word of the template language; give the column another name in "
                "`recipients.columns`",
                name.lineno,
            )
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and _HALF_CHARACTER.search(constant.value):
            raise TextError(
                r"\ud800 to \udfff are halves of characters; write the character itself",
                constant.lineno,
            )


def _sentence(error: TemplateSyntaxError, source: str) -> str:
    message = error.message or "it cannot be read as a template"
    if found := _NO_FILTER.search(message):
        near = difflib.get_close_matches(found[1], _ENVIRONMENT.filters, n=1)
        return f"there is no filter {found[1]!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    for written in _NAME_WITH_BLANKS.findall(source):
        if _WORDS_OF_JINJA.isdisjoint(written.split()):
            name = "_".join(written.lower().split())
            return (
                f"the text cannot be read as a template at {{{{ {written} }}}}; write "
                f"{{{{ {name} }}}}: a blank in a column's name becomes an underscore"
            )
    if found := _UNCLOSED.search(source):
        begun = found[0].split("\n", 1)[0].strip()
        return (
            f"the text cannot be read as a template at {begun!r}: {{{{ is not closed; write }}}} "
            "behind the column's name"
        )
    return f"the text cannot be read as a template: {message.rstrip('.')}"


def _parts(tree: nodes.Template) -> tuple[Part, ...] | None:
    """Return the pieces of a simple text, or ``None`` when it needs Jinja."""
    parts: list[Part] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            return None
        for node in statement.nodes:
            part = _part(node)
            if part is None:
                return None
            parts.append(part)
    return tuple(parts)


def _part(node: nodes.Expr) -> Part | None:
    if isinstance(node, nodes.TemplateData):
        return Part(words=node.data)
    if isinstance(node, nodes.Name):
        return Part(column=node.name)
    if (
        isinstance(node, nodes.Filter)
        and node.name in ("default", "d")
        and isinstance(node.node, nodes.Name)
        and len(node.args) == 1
        and not node.kwargs
        and node.dyn_args is None
        and node.dyn_kwargs is None
        and isinstance(node.args[0], nodes.Const)
        and isinstance(node.args[0].value, str)
    ):
        return Part(column=node.node.name, default=node.args[0].value)
    return None
