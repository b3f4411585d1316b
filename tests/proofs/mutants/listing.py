"""`python -m tests.proofs.mutants.listing MODULE...` in a group's folder: the names of its mutants, one a line."""

from __future__ import annotations

import sys
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name


def main(modules: list[str]) -> None:
    for module in modules:
        path = Path(module)
        made = mutate_file_contents(module, path.read_text(encoding="utf-8"))
        for name in made.mutant_names:
            print(get_mutant_name(path, name))


if __name__ == "__main__":
    main(sys.argv[1:])
