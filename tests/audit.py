"""`make audit`: which installed packages have a published flaw, as pip-audit's services know it.

pip-audit ends 0 with "No known vulnerabilities found" when its service knows nothing of a package, and 1
both for a flaw and for a service that does not answer. Here only a package that a service answered for
counts as looked at. Exit codes: 0 every package was looked at and none has a flaw, 1 a flaw is known,
8 packages are left that no service answered for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass

OUR_NAME = "earnings-drift"
SERVICES = ("pypi", "osv")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one service said: package with version, and the flaws of those that have any."""

    looked_at: frozenset[str]
    not_looked_at: frozenset[str]
    flaws: tuple[str, ...]


def read_answer(printed: str) -> Answer | None:
    """Read pip-audit's JSON; None when there is none, as after an unreachable service."""
    try:
        dependencies = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    ours = [one for one in dependencies if one["name"] != OUR_NAME]
    return Answer(
        looked_at=frozenset(one["name"] for one in ours if "skip_reason" not in one),
        not_looked_at=frozenset(one["name"] for one in ours if "skip_reason" in one),
        flaws=tuple(
            f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no release'}"
            for one in ours
            for flaw in one.get("vulns", ())
        ),
    )


def judge(answers: Sequence[Answer | None]) -> tuple[int, list[str]]:
    """Return exit code and lines for what the services said; None is a service that did not answer."""
    heard = [answer for answer in answers if answer is not None]
    looked_at = frozenset[str]().union(*(answer.looked_at for answer in heard))
    left = frozenset[str]().union(*(answer.not_looked_at for answer in heard)) - looked_at
    flaws = sorted({flaw for answer in heard for flaw in answer.flaws})
    if flaws:
        return 1, [*flaws, f"error[1] {len(flaws)} known flaws: raise the floors in pyproject.toml, then make install"]
    if left or not looked_at:
        named = ", ".join(sorted(left)[:5]) + (", …" if len(left) > 5 else "")
        which = f"{len(left)} packages ({named})" if left else "any package"
        return 8, [f"error[8] no advisory service answered for {which}: nothing is known about them, try again later"]
    return 0, [f"{len(looked_at)} packages looked at, none has a known flaw"]


def ask(pip_audit: str, service: str) -> Answer | None:
    """Run pip-audit over the packages of this interpreter with one service."""
    where = sysconfig.get_path("purelib")
    command = [pip_audit, "--path", where, "-s", service, "-f", "json", "--progress-spinner", "off"]
    return read_answer(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def main() -> int:
    answers: list[Answer | None] = []
    for service in SERVICES:
        answers.append(ask(sys.argv[1], service))
        code, lines = judge(answers)
        if code != 8:
            break
    print("\n".join(lines), file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
