"""The proof by mutants: what is changed exists, what may survive is written down, and the figures add up."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.paths import ROOT
from tests.proofs.mutants import command as program
from tests.proofs.mutants.counts import figures_of, share, unneeded, violations
from tests.proofs.mutants.folder import is_done, prepare
from tests.proofs.mutants.groups import GROUPS, modules_of
from tests.proofs.mutants.mutant import Change, Mutant, Verdict, changed_lines, read_mutants
from tests.proofs.mutants.reasons import is_wording, parse_change, read_reasons

CHANGE = Change("backtest/money.py", "to_price", "- return a\n+ return b")
OTHER = Change("backtest/money.py", "to_usd", "- return a\n+ return b")
REASONS = read_reasons()


def _mutant(verdict: Verdict, change: Change = CHANGE) -> Mutant:
    return Mutant("backtest.money.x_to_price__mutmut_1", change, verdict)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_changed_file_and_every_file_of_tests_exists(group) -> None:
    for test in group.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
    for pattern in group.modules:
        assert any(ROOT.glob(pattern)), pattern
    assert modules_of(group)


def test_no_file_is_changed_by_two_groups() -> None:
    assert len(set(program.MODULES)) == len(program.MODULES)


@pytest.mark.parametrize("change", REASONS, ids=lambda change: change.line[:70])
def test_a_reason_is_of_code_that_is_there(change: Change) -> None:
    source = (ROOT / change.module).read_text(encoding="utf-8")
    lines = {line.strip() for line in _source_of(source, change.function).splitlines()}
    assert {line[2:].strip() for line in change.text.splitlines() if line.startswith("-")} <= lines


def _source_of(source: str, function: str) -> str:
    nodes: list[ast.stmt] = ast.parse(source).body
    *owner, name = function.split(".")
    for one in owner:
        nodes = next(node.body for node in nodes if isinstance(node, ast.ClassDef) and node.name == one)
    found = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name]
    return "\n".join(ast.get_source_segment(source, node) or "" for node in found)


def test_the_lines_of_a_change_keep_their_indentation_among_each_other() -> None:
    before = ["def f():", "    if a:", "        return 1", "    return 2"]
    after = ["def f():", "    if a:", "        return 2", "    return 3"]
    assert changed_lines(before, after) == "-     return 1\n+     return 2\n- return 2\n+ return 3"


def test_a_change_reads_back_as_it_is_spelled() -> None:
    assert parse_change(str(CHANGE)) == CHANGE
    for text in (
        "",
        "backtest/money.py to_price",
        "backtest/money.py\n- a\n+ b",
        "backtest/money.py to_price\nreturn a",
    ):
        with pytest.raises(ValueError, match="no module, function and changed lines"):
            parse_change(text)


def test_a_reason_is_not_empty_and_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text(f"[[reason]]\nwhy = ' '\nchanges = ['''\n{CHANGE}''']\n")
    with pytest.raises(ValueError, match="a reason is empty"):
        read_reasons(path)
    path.write_text(f"[[reason]]\nwhy = 'same'\nchanges = ['''\n{CHANGE}''', '''\n{CHANGE}''']\n")
    with pytest.raises(ValueError, match="named twice"):
        read_reasons(path)
    path.write_text(f"[[reason]]\nwhy = 'same'\nchanges = ['''\n{CHANGE}''']\n")
    assert read_reasons(path) == {CHANGE: "same"}


def test_a_survivor_needs_a_reason_and_nothing_else_is_excused_by_one() -> None:
    caught = [_mutant(verdict) for verdict in (Verdict.KILLED, Verdict.TYPED, Verdict.TIMEOUT)]
    assert violations([*caught, _mutant(Verdict.SURVIVED)], {CHANGE: "same"}) == []
    left = [_mutant(Verdict.SURVIVED, OTHER), _mutant(Verdict.UNTESTED), _mutant(Verdict.NOT_RUN)]
    found = violations(left, {CHANGE: "same"})
    assert [one.partition(":")[0] for one in found] == ["survived", "no tests", "not run"]
    assert found[0] == (
        "survived: backtest/money.py to_usd: - return a + return b "
        "(python -m tests.proofs mutants --only backtest/money.py)"
    )


def test_a_reason_whose_change_is_noticed_by_now_is_told() -> None:
    elsewhere = Change("backtest/slots.py", "take", "- a\n+ b")
    tried = [_mutant(Verdict.KILLED), _mutant(Verdict.SURVIVED, OTHER)]
    assert unneeded(tried, [OTHER, CHANGE, elsewhere]) == [CHANGE]


def test_the_figures_count_every_change_once() -> None:
    mutants = [_mutant(verdict) for verdict in Verdict] + [_mutant(Verdict.SURVIVED, OTHER)]
    figures = figures_of(mutants, {CHANGE: "same"})
    assert figures["changes of the code"] == 7
    assert (figures["survived with a reason"], figures["survived without one"], figures["no tests"]) == (1, 1, 1)
    assert (figures["killed"], figures["killed, of those that the types allow"]) == ("42.8 %", "33.3 %")
    assert figures["backtest/money.py"] == "7, killed 42.8 %, left 4"
    assert share([]) == "-"


def test_a_sentence_spelled_otherwise_is_wording_and_nothing_else_is() -> None:
    def is_only_wording(before: str, after: str) -> bool:
        return is_wording(Change("live/orders.py", "order_id", f"- {before}\n+ {after}"))

    assert is_only_wording('raise ValueError("no such id")', 'raise ValueError("XXno such idXX")')
    assert is_only_wording('say("no such id", a)', 'say("NO SUCH ID", a)')
    assert not is_only_wording('say("no such id", a)', 'say("NO SUCH ID", b)')
    assert not is_only_wording('say("no such id", a)', 'say("no such id", None)')
    assert not is_only_wording('say("no such id", a)', "say(None, a)")
    assert not is_only_wording('row["id"]', 'row["XXidXX"]')
    assert not is_only_wording('say("python -m live.admin status")', 'say("PYTHON -M LIVE.ADMIN STATUS")')
    assert not is_only_wording("\"UPDATE orders SET status = 'final'\"", "\"update orders set status = 'final'\"")


def test_what_mutmut_left_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "mutants" / "backtest"
    folder.mkdir(parents=True)
    (folder / "money.py").write_text(
        "def x_cent__mutmut_orig(a):\n    return a + 1\n"
        "def x_cent__mutmut_1(a):\n    return a - 1\n"
        "class Money:\n    def xǁMoneyǁ_cent__mutmut_orig(self):\n        return 1\n"
        "    def xǁMoneyǁ_cent__mutmut_1(self):\n        return 2\n"
    )
    (folder / "money.py.spans").write_text(
        '{"version": 1, "spans": {"x_cent__mutmut_orig": [1, 2], "x_cent__mutmut_1": [3, 4], '
        '"xǁMoneyǁ_cent__mutmut_orig": [6, 7], "xǁMoneyǁ_cent__mutmut_1": [8, 9]}}'
    )
    (folder / "money.py.meta").write_text(
        '{"exit_code_by_key": {"backtest.money.x_cent__mutmut_1": 1, "backtest.money.xǁMoneyǁ_cent__mutmut_1": null}}'
    )
    plain, method = read_mutants(tmp_path, ["backtest/money.py"])
    assert plain.change == Change("backtest/money.py", "cent", "- return a + 1\n+ return a - 1")
    assert plain.verdict is Verdict.KILLED
    assert method.change == Change("backtest/money.py", "Money._cent", "- return 1\n+ return 2")
    assert method.verdict is Verdict.NOT_RUN


def test_a_folder_is_done_when_every_change_was_tried_on_the_code_as_it_is(tmp_path: Path) -> None:
    module = "backtest/entry_limit.py"
    written = tmp_path / "mutants" / module
    written.parent.mkdir(parents=True)
    assert not is_done(tmp_path, [module])
    written.write_text("")
    for codes, done in (('{"a": 0, "b": 1}', True), ('{"a": 0, "b": null}', False)):
        written.with_name("entry_limit.py.meta").write_text(f'{{"exit_code_by_key": {codes}}}')
        assert is_done(tmp_path, [module]) is done
    written.with_name("entry_limit.py.meta").write_text('{"exit_code_by_key": {}}')
    os.utime(written, (1, 1))  # made before the code was written
    assert not is_done(tmp_path, [module])


def test_a_folder_that_is_resumed_keeps_what_was_caught_or_has_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.proofs.mutants.folder.FOLDER", tmp_path)
    group = next(group for group in GROUPS if group.name == "book")
    modules = modules_of(group)
    folder = prepare(group, modules)
    assert (folder / "live").resolve() == ROOT / "live"
    assert json.dumps(list(modules)) in (folder / "pyproject.toml").read_text()
    assert prepare(group, modules[:1]) == tmp_path / "book-part"
    written = folder / "mutants" / modules[0]
    written.parent.mkdir(parents=True)
    names = [f"x_a__mutmut_{name}" for name in ("orig", "1", "2", "3")]
    lines = [f"def {name}(): return {n}" for n, name in enumerate(names)]
    written.write_text("\n".join(lines))
    spans = {name: [n, n] for n, name in enumerate(names, start=1)}
    written.with_name(f"{written.name}.spans").write_text(json.dumps({"version": 1, "spans": spans}))
    kept = written.with_name(f"{written.name}.meta")
    kept.write_text(
        json.dumps({"exit_code_by_key": {f"m.{name}": code for name, code in zip(names[1:], (1, 0, 0), strict=True)}})
    )
    expected = {Change(modules[0], "a", "- def a(): return 0\n+ def a(): return 2"): "why"}
    assert prepare(group, modules, expected) == folder
    assert list(json.loads(kept.read_text())["exit_code_by_key"].values()) == [1, 0, None]


def test_what_does_not_go_together_is_a_usage_error() -> None:
    for arguments in (
        ["--keep", "--sample", "3"],
        ["--sample", "3", "--resume"],
        ["--sample", "3", "--only", "backtest/money.py"],
        ["--resume", "--only", "backtest/money.py"],
    ):
        done = CliRunner().invoke(program.command, arguments)
        assert done.exit_code == 2, done.output
    assert CliRunner().invoke(program.command, ["--only", "backtest/text.py"]).exit_code == 2
