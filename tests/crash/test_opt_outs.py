"""Somebody who opts out after a failed attempt is not sent to when the failures are sent again."""

from __future__ import annotations

from pathlib import Path

from campaign.sandbox import SandboxServer
from tests.crash.campaign_of_crashes import finish_and_judge, write_campaign
from tests.crash.processes import command, run
from tests.run.lists import number


def test_an_opt_out_between_a_run_and_its_retry_is_honoured(tmp_path: Path) -> None:
    opt_outs = tmp_path / "optouts.csv"
    opt_outs.write_text("Phone\n", encoding="utf-8")
    with SandboxServer() as server:
        server.set_faults({"invalid_recipients": [number(3), number(5)]})
        more = "suppress: optouts.csv\n"
        definition = write_campaign(tmp_path, 20, server.url_for("synthflow"), more)
        first = run(definition)
        opt_outs.write_text(f"Phone\n{number(5)}\n", encoding="utf-8")
        server.set_faults({})
        retried = command("retry", definition, "--reason", "refused")
        summary = finish_and_judge(definition, server, 20)
        sent = server.journal.addresses()
    assert first.code == 3, first.said
    assert "2 failed recipients are to be sent to again" in retried.said
    assert number(3) in sent
    assert number(5) not in sent
    assert (summary.counts.accepted, summary.reasons["skipped", "suppressed"]) == (19, 1)
