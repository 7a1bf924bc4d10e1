"""Where the ledger is kept: a file, a database or a variable's name; never with a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.definition.values import Secret
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.location import FileLocation, ServerLocation

TEXT = """\
name: spring-sale
channel: sms
provider: {{name: synthflow, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214, sandbox: true}}
sender: "+12025550100"
recipients: list.csv
message: Hi
ledger: {ledger}
"""


def job(tmp_path: Path, ledger: str) -> Job:
    path = tmp_path / "c.yaml"
    path.write_text(TEXT.format(ledger=ledger))
    return Job.load(path)


def test_a_file_is_beside_the_definition(tmp_path: Path) -> None:
    assert job(tmp_path, "ledgers/one.db").ledger({}) == FileLocation(tmp_path / "ledgers/one.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_an_address_is_a_database(tmp_path: Path, scheme: str) -> None:
    address = f"{scheme}://ana@db:5432/marketing?sslmode=require"
    found = job(tmp_path, address).ledger({})
    assert found == ServerLocation(address)
    assert str(found) == "postgresql://ana@db:5432/marketing"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("postgresql://ana:s3cret@db/marketing", "postgresql://ana@db/marketing"),
        ("other.db", None),
    ],
)
def test_a_variable_may_hold_the_place_and_its_password_is_not_shown(
    tmp_path: Path, value: str, expected: str | None
) -> None:
    loaded = job(tmp_path, "${LEDGER}")
    assert loaded.loaded.definition.ledger == Secret("LEDGER")
    found = loaded.ledger({"LEDGER": value})
    assert str(found) == (expected or str(tmp_path / "other.db"))
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    "value",
    [
        "postgresql+psycopg://ana:s3cret@db/x",
        "POSTGRESQL://ana:s3cret@db/x",
        "mysql://ana:s3cret@db/x",
        "host=db user=ana password=s3cret dbname=x",
        "postgresql://ana:s3/s3cret@db/x",
        "postgresql://ana:s3@s3cret@db/x",
    ],
)
def test_a_variable_that_holds_no_place_is_refused_and_never_becomes_a_file(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        job(tmp_path, "${LEDGER}").ledger({"LEDGER": value})
    assert "c.yaml:7:9: what the environment variable holds is n" in str(error.value)
    assert "s3cret" not in str(error.value)


def test_a_variable_that_is_not_set_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        job(tmp_path, "${LEDGER}").ledger({})
    assert "c.yaml:7:9: the environment variable LEDGER is not set" in str(error.value)


@pytest.mark.parametrize(
    ("ledger", "told"),
    [
        ("postgresql://ana:s3cret@db/marketing", "holds a password"),
        ("postgresql://db/marketing?user=ana&password=s3cret", "holds a password"),
        ("postgresql://ana:${s3cret}@db/marketing", "mixes an address with an environment"),
        ("postgresql://ana:s3/cret@db/marketing", "holds a password"),
        ("postgresql://ana:s3@cret@db/marketing", "holds a password"),
        ("postgresql://ana@s3cret@db/marketing", "is neither a file nor the address"),
        ("'postgresql:/ana:s3cret@db/marketing'", "holds a password"),
        ("'postgres:ana:s3cret@db/marketing'", "holds a password"),
        ("postgresql//db/marketing", "is no file, and no address as a URL"),
        ("$LEDGER", "is no file, and no address as a URL"),
        ("host=db dbname=x password=s3cret", "holds a password"),
        ("mysql://ana@db/marketing", "is neither a file nor the address"),
        ("https://db/marketing", "is neither a file nor the address"),
        ("7", "must be a file or the address"),
        ("[a, b]", "must be a file or the address"),
        ('" "', "must be a file or the address"),
    ],
)
def test_what_is_no_place_is_refused_and_a_password_is_not_repeated(
    tmp_path: Path, ledger: str, told: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        job(tmp_path, ledger)
    assert f"c.yaml:7:9: `ledger` {told}" in str(error.value)
    if "${" not in ledger:
        assert "s3cret" not in str(error.value)
