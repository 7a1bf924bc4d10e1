"""What the page on the sandbox shows is what the sandbox takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from campaign.sandbox import SandboxConfig

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md"
EXAMPLES = re.findall(r"```yaml[^\n]*\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.partition(":")[0])
def test_every_configuration_on_the_page_is_read(example: str, tmp_path: Path) -> None:
    path = tmp_path / "sandbox.yaml"
    path.write_text(example, encoding="utf-8")
    assert SandboxConfig.read(path) != SandboxConfig()


def test_the_page_has_a_configuration_of_each_part() -> None:
    assert [example.partition(":")[0] for example in EXAMPLES] == ["people", "webhooks", "seed"]
