from __future__ import annotations

import json

from tests.sandbox.samples import SENDBIRD, SYNTHFLOW, TO, WHIPPY, control


def test_the_journal_lists_what_was_accepted(sandbox):
    SENDBIRD.post(sandbox)
    WHIPPY.post(sandbox)
    SYNTHFLOW.post(sandbox, {})
    listed = control(sandbox, "GET", "journal").json()
    assert listed["last"] == 2
    assert [entry["vendor"] for entry in listed["entries"]] == ["sendbird", "whippy"]
    assert listed["entries"][0]["request"] == SENDBIRD.body


def test_the_journal_can_be_asked_for_one_vendor_and_for_what_is_new(sandbox):
    for sample in (SENDBIRD, WHIPPY, SENDBIRD):
        sample.post(sandbox)

    def numbers(query):
        entries = control(sandbox, "GET", f"journal?{query}").json()["entries"]
        return [entry["number"] for entry in entries]

    assert numbers("vendor=sendbird") == [1, 3]
    assert numbers("since=1") == [2, 3]
    assert numbers("vendor=sendbird&since=1") == [3]
    assert numbers("since=3") == []


def test_a_question_that_makes_no_sense_is_refused(sandbox):
    assert control(sandbox, "GET", "journal?vendor=acme").status_code == 400
    assert control(sandbox, "GET", "journal?since=yesterday").status_code == 400


def test_the_journal_can_be_emptied_and_its_numbers_go_on(sandbox):
    SENDBIRD.post(sandbox)
    assert control(sandbox, "DELETE", "journal").status_code == 204
    assert control(sandbox, "GET", "journal").json() == {"last": 1, "entries": []}
    assert control(sandbox, "GET", "counts").json()["requests"] == 0
    SENDBIRD.post(sandbox)
    assert sandbox.journal.entries()[0].number == 2


def test_every_request_is_counted_refusals_included(sandbox):
    SENDBIRD.post(sandbox)
    SENDBIRD.post(sandbox, headers={})
    WHIPPY.post(sandbox)
    assert control(sandbox, "GET", "counts").json() == {
        "requests": 3,
        "vendors": {
            "sendbird": {"requests": 2, "endings": {"200": 1, "400": 1}},
            "whippy": {"requests": 1, "endings": {"201": 1}},
        },
    }


def test_faults_can_be_replaced_while_it_runs(sandbox):
    plan = {"error_before": 1.0, "whippy": {"error_before": 0.0}}
    assert control(sandbox, "PUT", "faults", plan).status_code == 204
    assert SENDBIRD.post(sandbox).status_code == 500
    assert WHIPPY.post(sandbox).status_code == 201
    assert control(sandbox, "PUT", "faults", {}).status_code == 204
    assert SENDBIRD.post(sandbox).status_code == 200


def test_faults_that_make_no_sense_are_refused_and_change_nothing(sandbox):
    refused = control(sandbox, "PUT", "faults", {"drop_after": 2, "dorp_after": 1})
    assert refused.status_code == 400
    assert "drop_after" in refused.text
    assert "dorp_after" in refused.text
    assert SENDBIRD.post(sandbox).status_code == 200


def test_the_file_has_every_entry_before_the_answer(sandbox_with, tmp_path):
    path = tmp_path / "journal.jsonl"
    sandbox = sandbox_with(journal=path)
    SENDBIRD.post(sandbox)
    WHIPPY.post(sandbox)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == [entry.as_dict() for entry in sandbox.journal.entries()]
    assert [(line["number"], line["vendor"], line["to"]) for line in lines] == [
        (1, "sendbird", TO),
        (2, "whippy", TO),
    ]
    assert "nobody" not in path.read_text(encoding="utf-8")


def test_the_file_is_appended_to_and_not_emptied(sandbox_with, tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text("before\n", encoding="utf-8")
    sandbox = sandbox_with(journal=path)
    SENDBIRD.post(sandbox)
    control(sandbox, "DELETE", "journal")
    assert path.read_text(encoding="utf-8").startswith("before\n")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
