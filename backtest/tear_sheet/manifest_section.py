"""What was run: parameters, data and code of every run, as their manifests say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backtest.pages.html import Child, Html, tag
from backtest.pages.parts import section
from backtest.params import Params
from backtest.settings import params_to_plain
from backtest.tear_sheet.sections import name_of
from backtest.tear_sheet.sheet_values import Sheet, SheetRun


def manifest_section(sheet: Sheet) -> Html:
    """Return the manifests side by side: first what differs, between the runs or from the defaults, then the rest."""
    defaults = params_to_plain(Params())
    names = list(dict.fromkeys([name for one in sheet.runs for name in one.run.parameters]))
    told = {name: [_word(one.run.parameters.get(name)) for one in sheet.runs] for name in names}
    usual = {name: _word(defaults.get(name)) for name in names}
    changed = [name for name in names if len(set(told[name])) > 1 or told[name][0] != usual[name]]
    rest = [name for name in names if name not in changed]
    facts = [_facts(one) for one in sheet.runs]
    rows = {
        title: [fact.get(title, "") for fact in facts] for title in dict.fromkeys(k for fact in facts for k in fact)
    }
    parts = [
        _table(sheet, "data and code", rows),
        _table(sheet, "parameters that differ from their defaults", {k: told[k] for k in changed}, usual)
        if changed
        else tag("p", "Every parameter has its default.", class_="note"),
        tag(
            "details",
            tag("summary", f"{len(rest)} parameters at their defaults"),
            _table(sheet, "parameters", {k: told[k] for k in rest}),
        ),
    ]
    return section("Manifest", *parts)


def _table(sheet: Sheet, title: str, rows: Mapping[str, list[str]], usual: Mapping[str, str] | None = None) -> Html:
    """Return one row a fact, one column a run. usual: the defaults, in a last column."""
    heads: list[Child] = [title, *("" if sheet.is_one else name_of(sheet, one) for one in sheet.runs)]
    if usual is not None:
        heads.append("default")
    body = [
        tag(
            "tr",
            tag("td", name, class_="key"),
            *(tag("td", value) for value in values),
            tag("td", usual[name], class_="text") if usual is not None else None,
        )
        for name, values in rows.items()
    ]
    head = tag("tr", *(tag("th", words, scope="col") for words in heads))
    return tag("table", tag("thead", head), tag("tbody", *body), class_="plain dense manifest")


def _facts(one: SheetRun) -> dict[str, str]:
    manifest = one.run.manifest
    facts: dict[str, Any] = {
        "folder": one.run.folder,
        "program": manifest.get("program"),
        "commit": manifest.get("git_sha"),
    }
    facts |= {"mode": one.run.mode}
    facts |= {f"inputs.{name}": value for name, value in manifest.get("inputs", {}).items()}
    facts |= {f"data.{name}": value for name, value in manifest.get("data", {}).items()}
    facts |= {f"counts.{name}": value for name, value in manifest.get("counts", {}).items()}
    return {name: _word(value) for name, value in facts.items() if value is not None}


def _word(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
