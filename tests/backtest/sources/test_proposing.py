"""What a source answers becomes candidates; what is not usable buys nothing and is 7 with the strategy's name."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.market import PriceHistory
from backtest.model import Candidate, Grade
from backtest.params import EntryMode
from backtest.reports.directory import Directory
from backtest.reports.verdict import Verdict
from backtest.sources.proposing import Scan, proposed, scan_of, without_bar
from backtest.sources.windows import Windows
from tests.backtest.sources.worlds import history, params_with, sessions_from, strategy_file

DAYS = sessions_from(12)
CLOSES = {"AAA": [10.0] * 9, "BBB": [20.0] * 9, "OLD": [30.0] * 5}


def ask(
    body: str, folder: Path, directory: Directory | None = None, entry_mode: EntryMode = EntryMode.REPORT_OPEN
) -> tuple[Candidate, ...]:
    scan = own(body, folder)
    return proposed(scan, seen(scan), DAYS[9], entry_mode, directory)


def own(body: str, folder: Path) -> Scan:
    params = params_with("own", ["BBB", "AAA", "OLD"], folder, strategy_file(folder / "mine", body=body))
    scan = scan_of(params)
    assert scan is not None
    return scan


def seen(scan: Scan, prices: PriceHistory | None = None):  # type: ignore[no-untyped-def]
    return Windows(prices or history(CLOSES), scan.symbols).history(DAYS[9], scan.strategy.warm_up)


def test_a_proposal_becomes_a_candidate_of_the_next_session(tmp_path: Path) -> None:
    found = ask(
        "return [Proposal(t, price=history.symbols[t].close[-1], note='why') for t in history.symbols]", tmp_path
    )
    assert [(one.ticker, one.report_date, one.price) for one in found] == [
        ("BBB", DAYS[9], 200_000),
        ("AAA", DAYS[9], 100_000),
    ]
    assert {(one.grade, one.score, one.verdict, one.note) for one in found} == {
        (Grade.B, None, Verdict.CONFIRMED, "why")
    }


def test_score_and_grade_are_the_strategys_own(tmp_path: Path) -> None:
    (one,) = ask("return [Proposal('AAA', score=71.5, grade='A')]", tmp_path)
    assert (one.score, one.grade, one.price, one.note) == (71.5, Grade.A, None, None)


def test_entries_of_the_day_after_the_report_are_dated_so_that_the_trade_date_is_the_same(tmp_path: Path) -> None:
    (one,) = ask("return [Proposal('AAA')]", tmp_path, entry_mode=EntryMode.NEXT_DAY_OPEN)
    assert one.report_date == DAYS[8]


def test_who_is_not_in_the_directory_is_doubtful(tmp_path: Path) -> None:
    directory = Directory({"AAA": "Triple A"}, "")
    first, second = ask("return [Proposal('AAA'), Proposal('BBB')]", tmp_path, directory)
    assert (first.company_name, first.verdict, first.problem) == ("Triple A", Verdict.CONFIRMED, None)
    assert (second.company_name, second.verdict) == (None, Verdict.DOUBTFUL)
    assert second.problem == "BBB is not in the directory"


def test_symbols_without_a_bar_are_known_and_not_shown(tmp_path: Path) -> None:
    scan = own("return [Proposal(t) for t in history.symbols]", tmp_path)
    assert without_bar(scan, seen(scan)) == ("OLD",)
    assert "OLD" not in {one.ticker for one in proposed(scan, seen(scan), DAYS[9], EntryMode.REPORT_OPEN)}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise ValueError('no idea')", "it ended with ValueError: no idea"),
        ("raise SystemExit(0)", "it ended with SystemExit: 0"),
        ("return None", "it ended with TypeError"),
        ("return ['AAA']", "it answered str"),
        ("return [Proposal('AAA'), Proposal('AAA')]", "it proposed AAA twice"),
        ("return [Proposal('ZZZ')]", "it proposed 'ZZZ': that is none of its symbols"),
        ("return [Proposal('OLD')]", "it proposed 'OLD': it has no bar then"),
        ("return [Proposal('AAA', score=float('nan'))]", "AAA has the score nan"),
        ("return [Proposal('AAA', score=101)]", "AAA has the score 101"),
        ("return [Proposal('AAA', price=float('inf'))]", "AAA has the price inf"),
        ("return [Proposal('AAA', price=0.0)]", "AAA has the price 0.0"),
        ("return [Proposal('AAA', grade='E')]", "AAA has the grade 'E'"),
        ("return [Proposal('AAA', day=history.as_of + timedelta(days=1))]", "AAA rests on 2015-01-15"),
        ("return [Proposal('AAA', note='a\\nb')]", "AAA has a note that is no line"),
    ],
)
def test_an_answer_that_is_not_usable_is_7_with_the_name(body: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        ask(body, tmp_path)
    assert caught.value.exit_code == 7
    assert caught.value.what.startswith(
        f"candidate source own gave no usable answer for the close of 2015-01-14: {why}"
    )


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    body = "import numpy as np; return [Proposal('AAA', score=np.int64(71), price=np.float32(10.5))]"
    (one,) = ask(body, tmp_path)
    assert (one.score, one.price) == (71.0, 105_000)


def test_what_a_strategy_prints_is_no_output_of_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask("print('hello'); return []", tmp_path)
    assert capsys.readouterr() == ("", "hello\n")


def test_a_file_that_cannot_be_run_is_7_with_its_name(tmp_path: Path) -> None:
    folder = strategy_file(tmp_path / "mine")
    (folder / "own.py").write_text("import no_such_module\n" + (folder / "own.py").read_text())
    scan = scan_of(params_with("own", ["AAA"], tmp_path, folder))
    assert scan is not None
    with pytest.raises(InputError, match=r"candidate source own unusable in .*own\.py: importing it: ModuleNotFound"):
        proposed(scan, seen(scan), DAYS[9], EntryMode.REPORT_OPEN)


def test_a_file_that_changed_since_the_start_is_not_asked(tmp_path: Path) -> None:
    params = params_with("own", ["AAA"], tmp_path, strategy_file(tmp_path / "mine"))
    strategy_file(tmp_path / "mine", body="return [Proposal('AAA')]")
    with pytest.raises(InputError, match="candidate source own changed while the program ran"):
        scan_of(params)
    params = params_with("own", ["AAA"], tmp_path, tmp_path / "mine")
    (tmp_path / "symbols.txt").write_text("AAA\nBBB\n")
    with pytest.raises(InputError, match=r"symbols file .* changed while the program ran"):
        scan_of(params)


def test_a_scan_can_be_sent_to_another_process(tmp_path: Path) -> None:
    scan = pickle.loads(pickle.dumps(own("return [Proposal('AAA')]", tmp_path)))
    assert [one.ticker for one in proposed(scan, seen(scan), DAYS[9], EntryMode.REPORT_OPEN)] == ["AAA"]
