"""What the tests of the backtest share."""

from __future__ import annotations

import pytest

from tests.backtest.runs.market import InventedMarket, write_invented_market


@pytest.fixture(scope="session")
def invented_market(tmp_path_factory: pytest.TempPathFactory) -> InventedMarket:
    """Bars and candidates that runs may read; made once."""
    return write_invented_market(tmp_path_factory.mktemp("invented"))
