"""`--workers` and `--cluster`: where the work of a study is done."""

from __future__ import annotations

import pytest

from backtest.commands.options import choice_of
from backtest.errors import UsageError
from backtest.workers.choice import Choice, cores


def test_without_a_word_every_core_of_the_machine_works() -> None:
    assert choice_of(None, None) == Choice(cores(), None)


def test_a_number_of_workers_is_taken_as_it_is() -> None:
    assert choice_of(3, None) == Choice(3, None)


def test_a_cluster_brings_its_own_workers() -> None:
    assert choice_of(None, "tcp://10.0.0.5:8786").cluster == "tcp://10.0.0.5:8786"
    with pytest.raises(UsageError, match="exclude each other"):
        choice_of(2, "tcp://10.0.0.5:8786")


@pytest.mark.parametrize("address", ["10.0.0.5:8786", "tcp://10.0.0.5", "scheduler.json", "tcp://:8786"])
def test_what_is_no_address_is_a_usage_error(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a Dask scheduler"):
        choice_of(None, address)
