"""The documents keep their word: ids, tests, headings, links and paths they name exist, and tables agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from live.run.outcome import PRECEDENCE
from tests.paths import ROOT

CODE_FOLDERS = ("live", "backtest", "demo", "tests", "configs")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/**/*.md")
ID = re.compile(r"\b[IF]\d{1,3}\b")
ID_IN_NAME = re.compile(r"_([if]\d{1,3})(?=_|$)")
FUNCTION = re.compile(r"^ *def (\w+)", re.MULTILINE)
ROW = re.compile(r"^\| ([IF]\d{1,3}) \|.*$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:\[[^`]*\])?`")
ANCHOR = re.compile(r'^#+ (.+)$|<a id="([\w-]+)">', re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:live|backtest|demo|tests|configs|signals|docs)/[\w./-]*)`")
PAGE_IN_CODE = re.compile(r"\bdocs/[\w/-]+\.md(?:#[\w-]+)?")


def code_files() -> list[Path]:
    found = [path for folder in CODE_FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    return [path for path in found if path.suffix in (".py", ".yaml", ".sql", ".json") and path != Path(__file__)]


def pages() -> list[Path]:
    return [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def faults() -> str:
    return text_of(ROOT / "docs" / "faults.md")


def rows() -> dict[str, str]:
    return {found[1]: found[0] for found in ROW.finditer(faults())}


@cache
def functions_in(path: Path) -> frozenset[str]:
    return frozenset(FUNCTION.findall(text_of(path)))


def ids_in(path: Path) -> set[str]:
    found = set(ID.findall(text_of(path)))
    if path.suffix == ".py":
        found |= {name.upper() for test in functions_in(path) for name in ID_IN_NAME.findall(test)}
    return found


def anchors_of(page: Path) -> set[str]:
    """Return what `#…` may name: headings as a repository host writes them, and explicit anchors."""
    found = set()
    for heading, explicit in ANCHOR.findall(text_of(page)):
        words = re.sub(r"[^\w\s-]", "", heading.replace("`", "").lower())
        found.add(explicit or words.strip().replace(" ", "-"))
    return found


def links() -> Iterator[tuple[Path, str]]:
    for page in pages():
        for target in LINK.findall(text_of(page)):
            if "://" not in target:
                yield page, target


def test_every_id_written_anywhere_has_its_row() -> None:
    known = rows().keys()
    unknown = {str(path.relative_to(ROOT)): ids for path in code_files() if (ids := ids_in(path) - known)}
    assert unknown == {}


def test_the_ids_are_unique_and_in_order() -> None:
    numbers = [int(name[1:]) for name in rows() if name[0] == "F"]
    assert numbers == sorted(set(numbers))
    assert [name for name in rows() if name[0] == "I"] == [f"I{number}" for number in range(1, 24)]


@pytest.mark.parametrize("name", rows())
def test_every_row_names_tests_that_exist_and_know_its_id(name: str) -> None:
    named = TEST.findall(rows()[name])
    assert named
    missing = [f"{path}::{test}" for path, test in named if test not in functions_in(ROOT / path)]
    assert missing == []
    assert any(name in ids_in(ROOT / path) for path, _ in named)


def test_the_tests_of_the_bad_inputs_exist() -> None:
    named = TEST.findall(faults().split("## Bad inputs", 1)[1])
    assert len(named) > 8
    assert [test for path, test in named if test not in functions_in(ROOT / path)] == []


def test_every_row_about_upgrading_names_tests_that_exist() -> None:
    rows_of_table = [line for line in text_of(ROOT / "docs" / "upgrading.md").splitlines() if line.startswith("| ")][1:]
    assert len(rows_of_table) > 8
    for row in rows_of_table:
        named = TEST.findall(row)
        assert named, row
        assert [test for path, test in named if test not in functions_in(ROOT / path)] == []


def test_the_tests_that_the_trials_name_exist() -> None:
    named = TEST.findall(text_of(ROOT / "docs" / "trials.md"))
    assert len(named) > 8
    assert [test for path, test in named if test not in functions_in(ROOT / path)] == []


def test_nothing_refers_to_documents_that_do_not_ship() -> None:
    outside = re.compile(r"\bDESIGN\b|\bRELIABILITY\b|\bSTYLE\.md|\bLIBRARIES\.md|reliability contract")
    found = [str(path.relative_to(ROOT)) for path in (*code_files(), *pages()) if outside.search(text_of(path))]
    assert found == []


def test_every_page_and_heading_that_code_refers_to_exists() -> None:
    for path in code_files():
        for reference in PAGE_IN_CODE.findall(text_of(path)):
            page, _, anchor = reference.partition("#")
            assert (ROOT / page).is_file(), f"{path}: {reference}"
            assert not anchor or anchor in anchors_of(ROOT / page), f"{path}: {reference}"


def test_every_link_between_the_documents_resolves() -> None:
    for page, target in links():
        file, _, anchor = target.partition("#")
        there = page if not file else (page.parent / file).resolve()
        assert there.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors_of(there), f"{page.name}: {target}"


def exit_codes(page: Path) -> list[str]:
    return [line for line in text_of(page).splitlines() if re.match(r"\| \d+ \|", line)]


def test_the_readme_and_the_contract_have_one_table_of_exit_codes() -> None:
    table = exit_codes(ROOT / "docs" / "faults.md")
    assert table == exit_codes(ROOT / "README.md")
    assert {int(row.split("|")[1]) for row in table} == {0, *PRECEDENCE}


def test_the_precedence_of_the_contract_is_the_programs() -> None:
    (stated,) = re.findall(r"^precedence: ([\d, ]+)$", faults(), re.MULTILINE)
    assert tuple(int(code) for code in stated.split(",")) == PRECEDENCE


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md"])
def test_every_path_that_a_page_names_exists(page: str) -> None:
    named = [(file.name, path) for file in ROOT.glob(page) for path in PATH.findall(text_of(file))]
    assert [one for one in named if not (ROOT / one[1]).exists()] == []


def test_the_map_names_the_files_to_touch() -> None:
    assert len(PATH.findall(text_of(ROOT / "docs" / "map.md"))) > 40


def test_no_row_of_the_map_stands_twice() -> None:
    named = re.findall(r"^\| (.+?) \|", text_of(ROOT / "docs" / "map.md"), re.MULTILINE)
    assert len(named) > 100
    assert [name for name, times in Counter(named).items() if times > 1] == []


def test_the_map_shows_every_wing() -> None:
    page = text_of(ROOT / "docs" / "map.md")
    wings = [path for path in (ROOT / "live").iterdir() if path.name[0].islower() and path.name != "py.typed"]
    assert [path.name for path in wings if f"`live/{path.name}{'/' * path.is_dir()}`" not in page] == []
