"""The signal file: written once, read strictly, refused for any doubt."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from backtest.errors import InputError
from backtest.model import (
    Candidate,
    Decisions,
    Entry,
    Exit,
    ExitReason,
    Grade,
    Reference,
    ReferenceSource,
    Skip,
    SkipReason,
)
from backtest.reports.verdict import Verdict
from live.errors import SignalFileError, SignalFormError
from live.signals.build import candidate_line, from_decisions
from live.signals.file import (
    Inputs,
    PricesRef,
    ReportRef,
    SignalFile,
    account_ref,
    file_sha256,
    hash_content,
    write_text,
)
from live.signals.lines import MAX_CANDIDATES, HoldingLine
from live.signals.reader import (
    Expected,
    LoadedSignalFile,
    parse_signal_file,
    read_signal_file,
    verify_identity,
)
from tests.live.state_db.builders import AS_OF, LATER, MORNING, D
from tests.paths import ROOT

SCHEMA = json.loads((ROOT / "signals" / "schema.json").read_text())
SHA = "a" * 64
ACCOUNT = account_ref("alpaca", "904837e3", live=False)
EXPECTED = Expected("ema_p10", D, ACCOUNT, "c" * 64, "d" * 64, max_entries=20)


def decisions() -> Decisions:
    nvda = Candidate("NVDA", D, Grade.A, score=88.0, company_name="Nvidia\nCorp", gap_size=5.2)
    penny = Candidate("PENY", D, Grade.B, score=71.5)
    return Decisions(
        D,
        AS_OF,
        exits=(Exit("AAPL", 40, ExitReason.TREND_BREAK, 2_501_000, AS_OF, 7, {"week_close": "240.00", "weeks": 5}),),
        entries=(
            Entry(1, nvda, 71, Reference(1_402_000, ReferenceSource.LATEST_TRADE), 1_261_800, replaces="AAPL"),
            Entry(2, penny, 13_310, Reference(7_513, ReferenceSource.LAST_CLOSE), 6_761),
        ),
        skipped=(Skip(Candidate("../../x\x1b[31m", D, Grade.C), SkipReason.INVALID_TICKER),),
        unresolved=("MSFT",),
    )


STAYS = HoldingLine(
    3, "TSLA", 10, 2_000_000, 1_800_000, 2_104_000, AS_OF, 2_104_000, 1_987_654, 4, 1_950_000, 2_200_000, 31
)
"""A holding of four weeks, 5.2 % up, whose week closed above its indicator."""


def signal() -> SignalFile:
    inputs = Inputs((ReportRef("report.html", SHA),), "c" * 64, "d" * 64, PricesRef("alpaca", "sip", SHA))
    read = Candidate("NVDA", D, Grade.A, score=88.0, price=1_402_000, company_name="Nvidia\nCorp", gap_size=5.2)
    return from_decisions(
        decisions(), strategy="ema_p10", run_id="r1", generated_at=MORNING, account=ACCOUNT, inputs=inputs,
        holdings=(STAYS,), candidates=(candidate_line(read, "report.html", confirmed_by="name"),),
        summary={"exits": 1, "entries": 2},
    )  # fmt: skip


def changed(change: Callable[[dict[str, Any]], object], *, rehash: bool = True) -> bytes:
    """Return the file with a change made by another hand, who may have made the hash anew."""
    content = json.loads(signal().text())
    change(content)
    if rehash:
        content["content_sha256"] = hash_content(content)
    return json.dumps(content).encode()


def parse(content: bytes) -> LoadedSignalFile:
    return parse_signal_file(content, where="signals/x.json")


def test_a_file_fits_the_published_schema() -> None:
    jsonschema.validate(json.loads(signal().text()), SCHEMA, jsonschema.Draft202012Validator)


def test_what_is_written_is_read_back() -> None:
    loaded = parse(signal().text().encode())
    assert loaded.signal == signal()
    assert loaded.content_sha256 == signal().content_sha256
    assert loaded.file_sha256 == file_sha256(signal().text())


def test_prices_are_strings_and_scores_whole_where_they_are() -> None:
    content = json.loads(signal().text())
    first, second = content["entries"]
    assert (first["reference_price"], first["stop_price"], first["score"], first["gap_size"]) == (
        "140.20", "126.18", 88, "5.2",
    )  # fmt: skip
    assert (second["reference_price"], second["stop_price"], second["score"]) == ("0.7513", "0.6761", 71.5)


def test_a_file_of_before_holdings_and_candidates_were_listed_is_read() -> None:
    loaded = parse(changed(lambda c: (c.pop("holdings"), c.pop("candidates"))))
    assert (loaded.signal.holdings, loaded.signal.candidates) == ((), ())
    assert loaded.signal.entries == signal().entries


def with_limit(limit: int | None) -> SignalFile:
    file = signal()
    return replace(file, entries=(replace(file.entries[0], limit_price=limit), *file.entries[1:]))


def test_a_limit_stands_in_the_file_where_there_is_one_and_is_read_back() -> None:
    file = with_limit(1_430_000)
    assert parse(file.text().encode()).signal == file
    content = json.loads(file.text())
    jsonschema.validate(content, SCHEMA, jsonschema.Draft202012Validator)
    assert [one.get("limit_price") for one in content["entries"]] == ["143.00", None]
    assert "limit_price" not in content["entries"][1]
    assert "limit_price" not in with_limit(None).text()


def test_what_a_file_says_of_a_holding_that_nothing_is_known_of_is_read_back() -> None:
    unknown = replace(
        STAYS, position_id=None, last_close=None, week_end=None, week_close=None, indicator=None, weeks=0, low=None,
        high=None,
    )  # fmt: skip
    file = replace(signal(), holdings=(unknown,))
    assert parse(file.text().encode()).signal == file
    jsonschema.validate(json.loads(file.text()), SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "odd",
    [
        {"ticker": "x" * 500}, {"ticker": "\x1b[31m"}, {"company_name": "\n"}, {"company_name": "y" * 9_000},
        {"score": float("nan")}, {"score": float("inf")}, {"score": -3.5}, {"price": 0}, {"price": -5},
        {"price": 10**20}, {"gap_size": float("nan")}, {"gap_size": 1e9}, {"gap_size": 1e-20}, {"gap_size": 1 / 3},
        {"problem": "z" * 9_000, "verdict": Verdict.REFUSED}, {"problem": "\u202e", "verdict": Verdict.DOUBTFUL},
    ],
)  # fmt: skip
def test_no_reading_makes_a_file_that_is_refused(odd: dict[str, Any]) -> None:
    read = replace(Candidate("NVDA", D, Grade.A, score=88.0), **odd)
    file = replace(signal(), candidates=(candidate_line(read, "r.html", confirmed_by="price"),))
    assert parse(file.text().encode()).signal == file
    jsonschema.validate(json.loads(file.text()), SCHEMA, jsonschema.Draft202012Validator)


def test_a_file_lists_no_more_candidates_than_may_be_read() -> None:
    line = candidate_line(Candidate("NVDA", D, Grade.A), "r.html", confirmed_by=None)
    file = from_decisions(
        Decisions(D, AS_OF), strategy="ema_p10", run_id="r", generated_at=MORNING, account=ACCOUNT,
        inputs=signal().inputs, candidates=[line] * (MAX_CANDIDATES + 1),
    )  # fmt: skip
    assert len(parse(file.text().encode()).signal.candidates) == MAX_CANDIDATES


def test_only_a_confirmed_reading_is_confirmed_by_anything() -> None:
    read = Candidate("NVDA", D, Grade.A, problem="the total is another one", verdict=Verdict.DOUBTFUL)
    line = candidate_line(read, "r.html", confirmed_by="name")
    assert (line.verdict, line.confirmed_by, line.problem) == (Verdict.DOUBTFUL, None, "the total is another one")


def test_foreign_text_is_one_printable_line() -> None:
    content = json.loads(signal().text())
    assert content["candidates"][0]["company_name"] == "Nvidia Corp"
    assert content["entries"][0]["company_name"] == "Nvidia Corp"
    assert content["skipped"][0]["ticker"] == "../../x [31m"


def test_i19_the_same_decisions_have_the_same_hash_whenever_they_are_made() -> None:
    later = replace(signal(), run_id="r2", generated_at=LATER)
    assert later.content_sha256 == signal().content_sha256
    assert later.text() != signal().text()


def test_an_exit_without_its_position_is_no_line() -> None:
    anonymous = Decisions(D, AS_OF, exits=(Exit("AAPL", 40, ExitReason.TREND_BREAK, 2_501_000, AS_OF),))
    with pytest.raises(ValueError, match="names no position"):
        from_decisions(
            anonymous, strategy="ema_p10", run_id="r", generated_at=MORNING, account=ACCOUNT, inputs=signal().inputs
        )


def test_i21_a_file_is_private_and_replaces_a_symlink_instead_of_following_it(tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    folder = tmp_path / "signals"
    folder.mkdir()
    (folder / "s.json").symlink_to(treasure)
    path = write_text(folder, "s.json", signal().text())
    assert (treasure.read_text(), path.is_symlink()) == ("gold", False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in folder.iterdir()] == ["s.json"]
    assert read_signal_file(path).signal == signal()


@pytest.mark.parametrize("name", ["", ".", "..", "../s.json", "a/b.json"])
def test_i21_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no plain file name"):
        write_text(tmp_path, name, "x")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(InputError, match="not written"):
        write_text(tmp_path / "f", "s.json", "x")


@pytest.mark.parametrize("find", ["126.18", "NVDA", "ema_p10", "2026-02-17", '"live": false', "r1", "40"])
def test_i7_any_changed_byte_is_refused(find: str) -> None:
    """Bytes outside the content hash are caught by the hash of the file that the DB keeps."""
    original = parse(signal().text().encode())
    text = signal().text().replace(find, find[:-1] + chr(ord(find[-1]) ^ 1), 1)

    def accept() -> None:
        loaded = parse(text.encode())
        found = original.content_sha256 if loaded.file_sha256 == original.file_sha256 else None
        verify_identity(loaded, issued=found, latest=original.content_sha256, expected=EXPECTED)

    with pytest.raises((SignalFileError, SignalFormError)) as caught:
        accept()
    assert caught.value.exit_code in (5, 7)


def test_i7_an_altered_content_is_refused_by_its_own_hash() -> None:
    with pytest.raises(SignalFileError, match="does not fit content_sha256") as caught:
        parse(changed(lambda c: c["entries"][0].update(shares=72), rehash=False))
    assert caught.value.exit_code == 5


def test_i7_a_hash_made_by_another_hand_is_not_one_this_db_issued() -> None:
    original = parse(signal().text().encode()).content_sha256
    forged = parse(changed(lambda c: c["entries"][0].update(shares=72)))
    for issued in (None, original):
        with pytest.raises(SignalFileError, match="never issued"):
            verify_identity(forged, issued=issued, latest=original, expected=EXPECTED)


def test_i7_a_superseded_file_counts_only_when_the_newest_says_the_same() -> None:
    loaded = parse(signal().text().encode())
    content = loaded.content_sha256
    verify_identity(loaded, issued=content, latest=content, expected=EXPECTED)
    for latest in ("e" * 64, None):
        with pytest.raises(SignalFileError, match="superseded"):
            verify_identity(loaded, issued=content, latest=latest, expected=EXPECTED)


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "nwl_p4"},
        {"trade_date": date(2026, 2, 18)},
        {"account": account_ref("alpaca", "other", live=False)},
        {"account": account_ref("alpaca", "904837e3", live=True)},
        {"account": account_ref("sim", "904837e3", live=False)},
        {"config_sha256": "e" * 64},
        {"manifest_sha256": "e" * 64},
        {"max_entries": 1},
    ],
)
def test_i7_f90_a_file_for_anything_else_is_refused(change: dict[str, object]) -> None:
    loaded = parse(signal().text().encode())
    with pytest.raises(SignalFileError) as caught:
        verify_identity(
            loaded,
            issued=loaded.content_sha256,
            latest=loaded.content_sha256,
            expected=replace(EXPECTED, **change),  # type: ignore[arg-type]
        )
    assert caught.value.exit_code == 5


def test_another_version_is_identity_not_form() -> None:
    with pytest.raises(SignalFileError, match="schema_version 2"):
        parse(changed(lambda c: c.update(schema_version=2)))


FORMS: dict[str, Callable[[dict[str, Any]], object]] = {
    "unknown key": lambda c: c.update(extra=1),
    "missing key": lambda c: c.pop("summary"),
    "shares 0": lambda c: c["entries"][0].update(shares=0),
    "shares -1": lambda c: c["entries"][0].update(shares=-1),
    "shares 1.5": lambda c: c["entries"][0].update(shares=1.5),
    "shares true": lambda c: c["entries"][0].update(shares=True),
    "shares 10^9": lambda c: c["entries"][0].update(shares=10**9),
    "shares as text": lambda c: c["entries"][0].update(shares="71"),
    "stop at the price": lambda c: c["entries"][0].update(stop_price="140.20"),
    "stop above the price": lambda c: c["entries"][0].update(stop_price="150.00"),
    "stop off the grid": lambda c: c["entries"][0].update(stop_price="126.1850"),
    "limit below the stop": lambda c: c["entries"][0].update(limit_price="126.17"),
    "limit off the grid": lambda c: c["entries"][0].update(limit_price="143.0050"),
    "limit as a number": lambda c: c["entries"][0].update(limit_price=143.0),
    "price as a number": lambda c: c["entries"][0].update(reference_price=140.2),
    "price 0": lambda c: c["exits"][0].update(entry_price="0.00"),
    "price with an exponent": lambda c: c["exits"][0].update(entry_price="1e3"),
    "sold and bought": lambda c: c["entries"][0].update(ticker="AAPL"),
    "bought twice": lambda c: c["entries"][1].update(ticker="NVDA"),
    "ranks out of order": lambda c: c["entries"][1].update(rank=3),
    "position 0": lambda c: c["exits"][0].update(position_id=0),
    "unknown reason": lambda c: c["exits"][0].update(reason="because"),
    "unknown skip reason": lambda c: c["skipped"][0].update(reason="because"),
    "lower case ticker": lambda c: c["entries"][0].update(ticker="nvda"),
    "ticker with a newline": lambda c: c["entries"][0].update(ticker="NVDA\n"),
    "too many entries": lambda c: c.update(entries=c["entries"] * 101),
    "not a date": lambda c: c.update(trade_date="2026-02-30"),
    "short date": lambda c: c.update(trade_date="20260217"),
    "as-of after trade date": lambda c: c.update(as_of_session="2026-02-17"),
    "not a moment": lambda c: c.update(generated_at="2026-02-17T25:20:00.000000Z"),
    "score 101": lambda c: c["entries"][0].update(score=101),
    "score true": lambda c: c["entries"][0].update(score=True),
    "live 0": lambda c: c["account"].update(live=0),
    "short hash": lambda c: c["account"].update(id_sha256="abc"),
    "why nested": lambda c: c["exits"][0].update(why={"a": {"b": 1}}),
    "why a float": lambda c: c["exits"][0].update(why={"a": 1.5}),
    "exits an object": lambda c: c.update(exits={}),
    "holding without its weeks": lambda c: c["holdings"][0].pop("weeks"),
    "holding of weeks -1": lambda c: c["holdings"][0].update(weeks=-1),
    "holding of position 0": lambda c: c["holdings"][0].update(position_id=0),
    "indicator as a number": lambda c: c["holdings"][0].update(indicator=140.2),
    "candidate with an unknown verdict": lambda c: c["candidates"][0].update(verdict="perhaps"),
    "candidate confirmed by hope": lambda c: c["candidates"][0].update(confirmed_by="hope"),
    "candidate with an unknown key": lambda c: c["candidates"][0].update(extra=1),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_form_is_refused_with_7(name: str) -> None:
    with pytest.raises(SignalFormError) as caught:
        parse(changed(FORMS[name]))
    assert caught.value.exit_code == 7
    assert "signals/x.json" in caught.value.line()
    assert "\n" not in caught.value.line()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xef\xbb\xbf{}", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b"\xff\xfe{"],
)
def test_what_is_no_json_object_of_ours_is_refused_with_7(content: bytes) -> None:
    with pytest.raises(SignalFormError):
        parse(content)


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_refused_with_7(tmp_path: Path, what: str) -> None:
    path = tmp_path / "s.json"
    if what == "folder":
        path.mkdir()
    with pytest.raises(SignalFormError):
        read_signal_file(path)


def test_the_schema_refuses_what_a_schema_can_refuse() -> None:
    beyond = {"stop at the price", "stop above the price", "stop off the grid", "sold and bought", "bought twice"}
    beyond |= {"ranks out of order", "not a date", "as-of after trade date", "not a moment", "price 0"}
    beyond |= {"limit below the stop", "limit off the grid"}
    beyond |= {"ticker with a newline"}  # Python's $ matches before a last newline
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for name in FORMS.keys() - beyond:
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(json.loads(changed(FORMS[name])))
