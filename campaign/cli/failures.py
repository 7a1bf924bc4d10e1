"""Errors for people: sentences on stderr, or JSON on stdout, and an exit code that says which."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from campaign.errors import CampaignError, InvalidInput


@contextmanager
def told(*, json: bool) -> Iterator[None]:
    """Turn the project's errors into a message and an exit code; everything else is a bug."""
    try:
        yield
    except CampaignError as error:
        if json:
            print(jsonlib.dumps(_as_dict(error)))
        else:
            print(_as_text(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        _forget_stdout()
        sys.exit(1)
    finally:
        try:
            sys.stdout.flush()
        except (BrokenPipeError, ValueError):
            _forget_stdout()


def _forget_stdout() -> None:
    """Whoever read our output has gone; Python would complain about it once more at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _as_text(error: CampaignError) -> str:
    if isinstance(error, InvalidInput) and len(error.problems) > 1:
        return f"{len(error.problems)} problems; nothing was sent.\n\n" + "\n".join(
            str(problem) for problem in error.problems
        )
    return str(error)


def _as_dict(error: CampaignError) -> dict[str, Any]:
    problems = []
    if isinstance(error, InvalidInput):
        problems = [
            {
                "message": problem.message,
                "file": None if problem.file is None else str(problem.file),
                "line": problem.line,
                "column": problem.column,
                "hint": problem.hint,
            }
            for problem in error.problems
        ]
    return {
        "event": "error",
        "exit_code": error.exit_code,
        "message": str(error),
        "problems": problems,
    }
