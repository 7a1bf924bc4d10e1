from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from campaign.definition.values import Duration, MissingSecret, PerSecond, Secret, written

duration = TypeAdapter[timedelta](Duration)
rate = TypeAdapter[float](PerSecond)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("30s", 30), ("10m", 600), ("10 min", 600), ("1.5h", 5400), (" 7d ", 604800)],
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert duration.validate_python(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["10", "", "m", "-1m", "1w", 10, 10.5, None, True, "١m", "9" * 400 + "d"]
)
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValidationError):
        duration.validate_python(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80/s", 80),
        ("1000/min", 1000 / 60),
        ("60 / minute", 1),
        ("5000/h", 5000 / 3600),
        ("1/d", 1 / 86400),
        ("0.5/second", 0.5),
    ],
)
def test_a_rate_is_a_number_per_unit_of_time(text: str, expected: float) -> None:
    assert rate.validate_python(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["80", 80, 80.5, "0/s", "-1/s", "80/w", "", None, "9" * 400 + "/s"]
)
def test_a_rate_without_its_unit_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        rate.validate_python(text)


@pytest.mark.parametrize("text", ["10m", "30s", "24m", "1h", "7d", "500ms", "0s", "90s"])
def test_a_duration_is_written_back_as_it_was(text: str) -> None:
    assert written(duration.validate_python(text)) == text


def test_a_secret_is_only_a_name() -> None:
    secret = Secret.parse("${API_KEY}")
    assert repr(secret) == "Secret(name='API_KEY')"
    assert str(secret) == "${API_KEY}"
    assert secret.reveal({"API_KEY": " sk-1\n"}) == "sk-1"


def test_a_literal_secret_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="never write the key itself") as caught:
        Secret.parse("sk-live-123")
    assert "sk-live" not in str(caught.value)


def test_a_secret_that_is_not_set_or_blank_is_missing() -> None:
    for environment in ({}, {"API_KEY": "  "}):
        with pytest.raises(MissingSecret):
            Secret("API_KEY").reveal(environment)
