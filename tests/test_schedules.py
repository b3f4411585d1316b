"""The schedules that are shipped start the five runs of the timetable that the replay proves, at its times, and parse.

Whether a machine's own scheduler takes a file is asked where there is one (`systemd-analyze`); an image is not built.
"""

from __future__ import annotations

import importlib
import plistlib
import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from datetime import time
from pathlib import Path

import click
import pytest

from live.day import main as day
from live.run.outcome import PRECEDENCE
from live.timetable import TIMETABLE
from tests.paths import ROOT

SCHEDULES = ROOT / "configs" / "schedules"
SYSTEMD = SCHEDULES / "systemd"
LAUNCHD = SCHEDULES / "launchd"
HOME = "~/earnings-drift"
STEPS = {
    "generator": ("live.signal_generator", "--report-dir", "reports"),
    **{phase: ("live.executor", "--phase", phase) for phase in ("place", "poll", "protect")},
}
Run = tuple[time, str]
"""When, and the command: the program and its options without the interpreter and where its output goes."""
WORKDAYS = {1, 2, 3, 4, 5}
SHIPPED = (".py", ".typed", ".sql")
"""Of the files in the packages: code, not what an account leaves in `live/`."""


def expected() -> list[Run]:
    return [(at, " ".join([*STEPS[step], "-q", "--home", HOME])) for step, at in TIMETABLE]


def command_of(line: str, interpreter: str, output: str = "") -> str:
    """Return the command of a line, which must start that interpreter and end with that output."""
    start = f"{interpreter} -m "
    assert line.startswith(start), line
    assert line.endswith(output), line
    return line[len(start) : len(line) - len(output)].strip()


def cron_runs(text: str, interpreter: str = f"{HOME}/.venv/bin/python") -> list[Run]:
    runs = []
    for line in text.splitlines():
        if re.match(r"\d", line):
            minute, hour, day, month, week, command = line.split(maxsplit=5)
            assert (day, month, week) == ("*", "*", "1-5")
            command = command_of(command, interpreter, f">>{HOME}/day.log 2>&1")
            runs.append((time(int(hour), int(minute)), command))
    return runs


def unit(name: str) -> RawConfigParser:
    """Return a unit file; of an option given twice the last value."""
    parser = RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((SYSTEMD / name).read_text())
    return parser


def systemd_runs() -> list[Run]:
    runs = []
    for step in STEPS:
        timer = (SYSTEMD / f"earnings-drift@{step}.timer").read_text()
        line = unit("earnings-drift@.service")["Service"]["ExecStart"]
        own = SYSTEMD / f"earnings-drift@{step}.service.d" / "command.conf"
        if own.exists():
            line = unit(str(own.relative_to(SYSTEMD)))["Service"]["ExecStart"]
        line = line.replace("%i", step).replace("%h/", "~/")
        for at in re.findall(r"^OnCalendar=Mon\.\.Fri (\d\d:\d\d) America/New_York$", timer, re.MULTILINE):
            runs.append((time.fromisoformat(at), command_of(line, f"{HOME}/.venv/bin/python")))
        assert timer.count("OnCalendar=") == len(re.findall("America/New_York", timer))
    return runs


def launchd_runs() -> list[Run]:
    runs = []
    for path in LAUNCHD.iterdir():
        content = plistlib.loads(path.read_bytes())
        assert path.name == f"{content['Label']}.plist"
        shell, option, line = content["ProgramArguments"]
        assert (shell, option) == ("/bin/sh", "-c")
        command = command_of(line.removeprefix("exec "), f"{HOME}/.venv/bin/python", f">>{HOME}/day.log 2>&1")
        moments = [(one["Hour"], one["Minute"]) for one in content["StartCalendarInterval"]]
        for moment in sorted(set(moments)):
            days = [
                one["Weekday"] for one in content["StartCalendarInterval"] if (one["Hour"], one["Minute"]) == moment
            ]
            assert sorted(days) == sorted(WORKDAYS)
            runs.append((time(*moment), command))
    return runs


def container_lines(instruction: str) -> list[str]:
    text = (SCHEDULES / "Containerfile").read_text().replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith(f"{instruction} ")]


def container_runs() -> list[Run]:
    """Return what the image's own line makes of the crontab."""
    (line,) = [one for one in container_lines("RUN") if "crontab" in one]
    made, _, loaded = line.partition(" | ")
    assert loaded == "crontab -u trader -"
    done = subprocess.run(["sh", "-c", made], cwd=ROOT, capture_output=True, text=True, check=True)
    assert any("localtime" in one and "America/New_York" in one for one in container_lines("RUN"))
    return cron_runs(done.stdout, "/opt/earnings-drift/bin/python")


def readme_runs() -> list[Run]:
    """Return the runs of the README's lines, which may stand there or only be named."""
    found = re.search(r"^```cron\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return cron_runs(found[1].replace(">>~/day.log", f">>{HOME}/day.log")) if found else expected()


FORMS = {
    "crontab": lambda: cron_runs((SCHEDULES / "crontab").read_text()),
    "systemd": systemd_runs,
    "launchd": launchd_runs,
    "container": container_runs,
    "README": readme_runs,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_starts_the_five_runs_of_the_day_at_their_times(form: str) -> None:
    assert sorted(FORMS[form]()) == sorted(expected())


@pytest.mark.parametrize("step", STEPS)
def test_each_command_is_understood_by_its_program(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/trader")
    module, *args = [*STEPS[step], "-q", "--home", HOME]
    program: click.Command = importlib.import_module(module).main
    given = program.make_context(str(program.name), args).params
    assert (given["quiet"], str(given["home"])) == (True, HOME)
    assert given.get("phase", step) == step


def test_the_image_can_start_the_day_without_cron() -> None:
    (line,) = re.findall(
        r"^#   podman run .* -m live\.day (.*)$", (SCHEDULES / "Containerfile").read_text(), re.MULTILINE
    )
    given = day.make_context("day", shlex.split(line)).params
    assert (str(given["report_dir"]), str(given["home"])) == ("reports", "/home/trader/earnings-drift")


def test_cron_and_timers_name_the_exchanges_zone() -> None:
    lines = (SCHEDULES / "crontab").read_text().splitlines()
    assert "CRON_TZ=America/New_York" in lines
    assert lines.index("CRON_TZ=America/New_York") < min(n for n, line in enumerate(lines) if re.match(r"\d", line))


def test_systemd_repeats_what_the_same_command_resolves_and_nothing_else() -> None:
    service = unit("earnings-drift@.service")["Service"]
    assert service["SuccessExitStatus"] == "10"
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert prevented == {*PRECEDENCE} - {8, 9, 10}


def verified(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd whether it takes these units, for a user whose home is `folder`."""
    python = folder / "earnings-drift" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(shutil.which("python3") or "/usr/bin/python3")
    environ = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PATH": "/usr/bin:/bin"}
    command = ["systemd-analyze", "--user", "--man=no", "verify", *(str(folder / name) for name in names)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units_without_a_word(tmp_path: Path) -> None:
    shutil.copytree(SYSTEMD, tmp_path, dirs_exist_ok=True)
    names = [path.name for path in SYSTEMD.glob("*.timer")]
    done = verified(tmp_path, *names, "earnings-drift-failed@place.service")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_failed_units_exist_for_every_run() -> None:
    assert unit("earnings-drift@.service")["Unit"]["OnFailure"] == "earnings-drift-failed@%i.service"
    assert (SYSTEMD / "earnings-drift-failed@.service").is_file()


def test_an_image_gets_what_it_is_built_from_and_nothing_of_an_account() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    files = [str(path.relative_to(ROOT)) for pattern in kept for path in ROOT.glob(pattern)]
    packages = [path for name in ("live", "backtest") for path in (ROOT / name).rglob("*") if path.suffix in SHIPPED]
    packaged = [str(path.relative_to(ROOT)) for path in packages]
    assert sorted(files) == sorted(
        [*packaged, "pyproject.toml", "README.md", "configs/constraints.txt", "configs/schedules/crontab"]
    )
