"""What a run prints: stdout, stderr, `--json`, tables and the five closing lines.

Foreign text (reports, broker messages) is data: control characters and secrets never reach the terminal. A
closed stdout has no effect on the work (F81).
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import TextIO

from backtest.redaction import Redactor
from backtest.tables import NARROWEST, Column, table_lines, wrapped
from backtest.terminal import for_terminal, has_reader, in_ascii, let_go, terminal_width
from backtest.text import strip_control
from live.run.closing_lines import ClosingLines

_STYLES = {"red": "31", "yellow": "33", "green": "32", "bold": "1", "dim": "2"}


class Console:
    """What a run prints, and where. With as_json stdout carries one JSON object and everything else goes to stderr.

    has_data: stdout carries what `data` prints (CSV, JSON lines), and everything else goes to stderr as well.
    verbosity: -2 one line (the answer or the error), -1 quiet (only the closing lines and errors), 0 normal, 1 verbose.
    redactor: hides secrets in everything.
    complete: gives every command in a text the options of this run.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        has_data: bool = False,
        verbosity: int = 0,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        complete: Callable[[str], str] = str,
    ) -> None:
        self.as_json = as_json
        self.verbosity = verbosity
        self.redactor = Redactor()
        self.complete = complete
        self._stdout = stdout or sys.stdout or StringIO()  # None: closed by the shell (`>&-`), F81
        self._stderr = stderr or sys.stderr or StringIO()
        self._normal = self._stderr if as_json or has_data else self._stdout
        self._dead: set[int] = set()
        if not has_data:
            _write_each_line(self._stdout)

    def say(self, text: str, style: str | None = None) -> None:
        """Print one line of normal output."""
        if self.verbosity >= 0:
            self._write(self._normal, text, style)

    def headline(self, text: str) -> None:
        """Print one line of normal output that -q does not hide."""
        if self.verbosity >= -1:
            self._write(self._normal, text, "bold")

    def heading(self, text: str) -> None:
        """Print what tells a run from the others in the file that its lines are appended to; nowhere else."""
        if self.verbosity >= -1 and _is_file(self._normal):
            self._write(self._normal, f"=== {text}", None)

    def answer(self, text: str) -> None:
        """Print the one line that a command was asked for, whatever else is hidden."""
        self._write(self._normal, text, "green")

    def detail(self, text: str) -> None:
        """Print one line that only -v shows."""
        if self.verbosity >= 1:
            self._write(self._normal, text, "dim")

    def warn(self, text: str) -> None:
        """Print one line on stderr, also with -q."""
        if self.verbosity >= -1:
            self._write(self._stderr, text, "yellow")

    def error(self, text: str) -> None:
        """Print the last line of a run that does not end 0."""
        self._write(self._stderr, text, "red")

    def prose(self, text: str, style: str | None = None) -> None:
        """Print a sentence, on a terminal broken between words; not for what is typed off, a command say."""
        width = terminal_width(self._normal)
        for line in [text] if width is None else wrapped(text, max(width, NARROWEST)):
            self.say(line, style)

    def table(
        self, columns: Sequence[str | Column], rows: Sequence[Sequence[str]], *, total: Sequence[str] | None = None
    ) -> None:
        """Print rows in aligned columns, on a terminal within its width. total: a last row, set off."""
        if self.verbosity < 0:
            return
        stream = self._normal
        lines = table_lines(
            [Column(one) if isinstance(one, str) else one for one in columns],
            [self._clean_row(row) for row in rows],
            total=total and self._clean_row(total),
            width=terminal_width(stream),
            paint=_paint if self._is_coloured(stream) else lambda text, _style: text,
        )
        for line in lines:
            self._put(stream, line)

    def closing_lines(self, closing: ClosingLines) -> None:
        """Print the stopped-out positions and the five closing lines, also with -q."""
        for line in closing.stopped_out:
            self._write(self._normal, f"STOPPED OUT  {line}", "bold")
        for line in closing.lines():
            self._write(self._normal, line, None)

    def result(self, content: Mapping[str, object]) -> None:
        """Print the one JSON object of `--json`; does nothing without it."""
        if self.as_json:
            clean = self.redactor.redact_all(self._completed(content))
            self._put(
                self._stdout, json.dumps(clean, ensure_ascii=True, default=lambda one: self.redactor.redact(str(one)))
            )

    def data(self, line: str) -> None:
        """Print one line for other programs on stdout, also with -q."""
        self._write(self._stdout, line, None)

    def record(self, content: Mapping[str, object]) -> None:
        """Print one JSON object as a line of stdout for other programs, also with -q; its commands stay as they are."""
        self._put(self._stdout, json.dumps(self.redactor.redact_all(content), ensure_ascii=True))

    @property
    def has_reader(self) -> bool:
        """Return whether stdout still leads to somebody: False once the pipe behind it is closed."""
        return id(self._stdout) not in self._dead and has_reader(self._stdout)

    def flush(self) -> None:
        """Flush both streams; a closed one is pointed at nothing so that the interpreter's own flush cannot fail."""
        for stream in (self._stdout, self._stderr):
            self._flush(stream)

    def _flush(self, stream: TextIO) -> None:
        try:
            stream.flush()
        except (OSError, ValueError):
            self._bury(stream)

    def _write(self, stream: TextIO, text: str, style: str | None) -> None:
        clean = self._clean(text)
        if style and self._is_coloured(stream):
            clean = _paint(clean, style)
        self._put(stream, clean)

    def _clean(self, text: str) -> str:
        """Redact last: a secret that control characters cut in two is whole again without them."""
        return for_terminal(self.redactor.redact(strip_control(self.complete(text))))

    def _clean_row(self, row: Sequence[str]) -> Sequence[str]:
        """Return the cells of a row clean; most rows are already, which one look at all of it says."""
        whole = " ".join(row)
        return row if self._clean(whole) == whole else [self._clean(cell) for cell in row]

    def _completed(self, content: object) -> object:
        if isinstance(content, str):
            return self.complete(content)
        if isinstance(content, Mapping):
            return {name: self._completed(value) for name, value in content.items()}
        return [self._completed(one) for one in content] if isinstance(content, list | tuple) else content

    def _put(self, stream: TextIO, line: str) -> None:
        if id(stream) in self._dead:
            return
        if stream is self._stderr:
            self._flush(self._stdout)  # both may lead to one file, where what came first stands first
        try:
            stream.write(line + "\n")
        except UnicodeEncodeError:
            self._put(stream, in_ascii(line))
        except (OSError, ValueError):
            self._bury(stream)

    def _bury(self, stream: TextIO) -> None:
        self._dead.add(id(stream))
        let_go(stream)

    @staticmethod
    def _is_coloured(stream: TextIO) -> bool:
        """Colours: on a terminal, or where FORCE_COLOR is set; never with NO_COLOR, which wins."""
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        if os.environ.get("TERM") == "dumb":
            return False
        try:
            return stream.isatty()
        except (OSError, ValueError):
            return False


def _paint(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def _write_each_line(stream: TextIO) -> None:
    """Keep no line back: one of stderr stands in its place in the same file, and a killed run leaves what it said."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # not a real file, or closed
        stream.reconfigure(line_buffering=True)  # type: ignore[attr-defined]  # of io.TextIOWrapper


def _is_file(stream: TextIO) -> bool:
    """Return whether a stream is a file on disk, as `>>day.log` makes it: no terminal, pipe or journal."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
