"""Credentials: three spellings, one account, nothing malformed, nothing printed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from backtest.errors import KeysError
from backtest.web.keys import (
    KeyPair,
    check_mode,
    find_data_keys,
    find_keys,
    find_secret,
    find_setting,
    read_sources,
    right_name,
)

ID, SECRET = "PKABCDEF12345678", "s3cr3tS3CR3Ts3cr3tS3CR3T"
APCA = {"APCA_API_KEY_ID": ID, "APCA_API_SECRET_KEY": SECRET}
ALPACA = {"ALPACA_API_KEY": ID, "ALPACA_SECRET_KEY": SECRET}
PAPER = {"ALPACA_PAPER_API_KEY": ID, "ALPACA_PAPER_SECRET_KEY": SECRET}
LIVE = {"ALPACA_LIVE_API_KEY": "AKLIVE0012345678", "ALPACA_LIVE_SECRET_KEY": "another" + SECRET}


def keys(environ: Mapping[str, str], folder: Path, *, is_live: bool = False) -> KeyPair:
    return find_keys(read_sources(environ, folder), is_live=is_live)


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize("environ", [APCA, ALPACA, PAPER])
def test_each_spelling_is_found_and_said_where(environ: dict[str, str], tmp_path: Path) -> None:
    found = keys(environ, tmp_path)
    assert (found.key_id.reveal(), found.secret.reveal()) == (ID, SECRET)
    assert found.found_in == f"{next(iter(environ))} in the environment"


@pytest.mark.parametrize(("environ", "key_id"), [(PAPER | LIVE, ID), (APCA, ID), (LIVE, "AKLIVE0012345678")])
def test_market_data_take_the_paper_keys_or_the_live_ones_alone(
    environ: dict[str, str], key_id: str, tmp_path: Path
) -> None:
    assert find_data_keys(read_sources(environ, tmp_path)).key_id.reveal() == key_id


def test_market_data_without_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="broker keys missing"):
        find_data_keys(read_sources({}, tmp_path))


def test_both_accounts_may_stand_side_by_side(tmp_path: Path) -> None:
    assert keys(PAPER | LIVE, tmp_path).key_id.reveal() == ID
    assert keys(PAPER | LIVE, tmp_path, is_live=True).key_id.reveal() == "AKLIVE0012345678"


def test_paper_keys_never_open_the_live_account(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="missing for the live account"):
        keys(PAPER, tmp_path, is_live=True)


def test_two_equal_pairs_are_fine_and_two_different_ones_are_refused(tmp_path: Path) -> None:
    assert keys(APCA | ALPACA, tmp_path).key_id.reveal() == ID
    with pytest.raises(KeysError, match="two different key pairs"):
        keys(APCA | ALPACA | {"ALPACA_SECRET_KEY": SECRET + "x"}, tmp_path)
    write(tmp_path / ".env", f"ALPACA_API_KEY={ID}2\nALPACA_SECRET_KEY={SECRET}\n")
    with pytest.raises(KeysError, match="two different key pairs"):
        keys(APCA, tmp_path)


def test_no_keys_anywhere_is_6_and_names_the_demo(tmp_path: Path) -> None:
    with pytest.raises(KeysError) as caught:
        keys({}, tmp_path)
    assert caught.value.exit_code == 6
    assert "make demo" in caught.value.line()


def test_a_name_with_the_key_in_it_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path / ".env", f"ALPACA_API_SECRET-{SECRET}=x\n")
    with pytest.raises(KeysError) as caught:
        keys({}, tmp_path)
    assert "; a name that is none in .env is not read (ALPACA_SECRET_KEY is)" in caught.value.what
    assert SECRET not in caught.value.line()


def test_names_that_mean_a_key_and_are_none_of_ours_are_told_when_keys_are_missing(tmp_path: Path) -> None:
    write(tmp_path / ".env", f"ALPACA_API_SECRET={SECRET}\nALPACA_PAPER_TRADE=True\n")
    with pytest.raises(KeysError) as caught:
        keys({"APCA_KEY": ID}, tmp_path)
    assert "; APCA_KEY in the environment is not read (APCA_API_KEY_ID is)" in caught.value.what
    assert caught.value.what.endswith("; ALPACA_API_SECRET in .env is not read (ALPACA_SECRET_KEY is)")
    assert SECRET not in caught.value.line()


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("ALPACA_SECRET", "ALPACA_SECRET_KEY"),
        ("ALPACA_API_SECRET_KEY", "ALPACA_SECRET_KEY"),
        ("ALPACA_API_KEY_ID", "ALPACA_API_KEY"),
        ("APCA_SECRET_KEY", "APCA_API_SECRET_KEY"),
        ("APCA-API-KEY-ID", "APCA_API_KEY_ID"),
        ("ALPACA_PAPER_KEY_ID", "ALPACA_PAPER_API_KEY"),
        ("ALPACA_LIVE_API_SECRET", "ALPACA_LIVE_SECRET_KEY"),
        ("ALPACA_API_BASE_URL", "APCA_API_BASE_URL"),
        ("ALPACA_DATA_ENDPOINT", "APCA_API_DATA_URL"),
        ("FMP_APIKEY", None),
        ("FMP_KEY", "FMP_API_KEY"),
        ("ALPACA_PAPER_TRADE", None),
        ("OTHER_KEY", None),
    ],
)
def test_another_spelling_leads_to_the_name_that_is_read(name: str, right: str | None) -> None:
    assert right_name(name) == right


@pytest.mark.parametrize(("word", "is_live"), [("paper", False), (" PAPER", False), ("live", True), ("", False)])
def test_a_mode_that_names_the_runs_account_says_nothing_new(word: str, is_live: bool, tmp_path: Path) -> None:
    check_mode(read_sources({"ALPACA_MODE": word}, tmp_path), is_live=is_live)


@pytest.mark.parametrize(
    ("word", "is_live", "said"),
    [("live", False, "says live"), ("paper", True, "says paper"), ("hush-hush", False, "says neither paper nor live")],
)
def test_a_mode_that_names_the_other_account_is_refused_without_its_value(
    word: str, is_live: bool, said: str, tmp_path: Path
) -> None:
    write(tmp_path / ".env", f"ALPACA_MODE={word}\n")
    with pytest.raises(KeysError, match=f"ALPACA_MODE in .env {said}") as caught:
        check_mode(read_sources({}, tmp_path), is_live=is_live)
    assert (caught.value.exit_code, "hush" in caught.value.line()) == (6, False)


def test_the_environment_wins_over_env_file_and_that_over_mcp_json(tmp_path: Path) -> None:
    mcp = {"mcpServers": {"alpaca": {"env": {"ALPACA_API_KEY": ID, "ALPACA_SECRET_KEY": SECRET}}}}
    write(tmp_path / ".mcp.json", json.dumps(mcp))
    assert keys({}, tmp_path).found_in == "ALPACA_API_KEY in .mcp.json"
    write(tmp_path / ".env", f'# mine\nALPACA_API_KEY="{ID}E"\nexport ALPACA_SECRET_KEY={SECRET}\nAPCA_API_KEY_ID=\n')
    assert keys({}, tmp_path).key_id.reveal() == ID + "E"
    assert keys(ALPACA, tmp_path).found_in == "ALPACA_API_KEY in the environment"


def test_a_placeholder_in_mcp_json_is_no_key(tmp_path: Path) -> None:
    write(tmp_path / ".mcp.json", json.dumps({"mcpServers": {"a": {"env": {"ALPACA_API_KEY": "${ALPACA_API_KEY}"}}}}))
    with pytest.raises(KeysError, match="missing"):
        keys({}, tmp_path)


def test_two_servers_of_mcp_json_may_not_disagree(tmp_path: Path) -> None:
    servers = {name: {"env": {"ALPACA_API_KEY": f"{ID}{name}"}} for name in "ab"}
    write(tmp_path / ".mcp.json", json.dumps({"mcpServers": servers}))
    with pytest.raises(KeysError, match="twice and differently"):
        keys({}, tmp_path)


def test_id_and_secret_come_from_one_place(tmp_path: Path) -> None:
    write(tmp_path / ".env", f"APCA_API_SECRET_KEY={SECRET}\n")
    with pytest.raises(KeysError, match="APCA_API_SECRET_KEY missing in the environment"):
        keys({"APCA_API_KEY_ID": ID}, tmp_path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "empty"),
        (f" {ID}", "blanks"),
        (f"{ID[:8]} {ID[8:]}", "blanks"),
        (f"{ID}\n", "line break"),
        (f"'{ID}'", "quotes"),
        (f'"{ID}"', "quotes"),
        ("short", "no key has"),
        (ID + "é", "no key has"),
    ],
)
def test_a_malformed_value_is_refused_without_showing_it(value: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=words) as caught:
        keys(APCA | {"APCA_API_KEY_ID": value}, tmp_path)
    assert ID not in caught.value.line()


@pytest.mark.parametrize("name", [".env", ".mcp.json"])
@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_that_group_or_others_may_write_is_refused(name: str, mode: int, tmp_path: Path) -> None:
    write(tmp_path / name, "{}", mode=mode)
    with pytest.raises(KeysError, match="writable by others"):
        keys(APCA, tmp_path)


def test_a_symlink_is_followed_to_a_file_that_keeps_the_rules_only(tmp_path: Path) -> None:
    folder, real = tmp_path / "project", tmp_path / "real.env"
    folder.mkdir()
    (folder / ".env").symlink_to(real)
    write(real, f"APCA_API_KEY_ID={ID}\nAPCA_API_SECRET_KEY={SECRET}\n", mode=0o600)
    assert keys({}, folder).found_in == "APCA_API_KEY_ID in .env"
    real.chmod(0o660)
    with pytest.raises(KeysError, match="writable by others"):
        keys({}, folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_symlink_of_another_owner_is_refused(tmp_path: Path) -> None:
    folder, real = tmp_path / "project", tmp_path / "real.env"
    folder.mkdir()
    write(real, f"APCA_API_KEY_ID={ID}\nAPCA_API_SECRET_KEY={SECRET}\n", mode=0o600)
    (folder / ".env").symlink_to(real)
    os.lchown(folder / ".env", 12345, 12345)
    with pytest.raises(KeysError, match="writable by others"):
        keys({}, folder)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{" * 50_000, b"[1, 2]", b'{"mcpServers": 5}'])
def test_an_unreadable_mcp_json_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_bytes(content)
    (tmp_path / ".mcp.json").chmod(0o600)
    with pytest.raises(KeysError, match=r"\.mcp\.json"):
        keys({}, tmp_path)


def test_a_folder_or_a_pipe_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(KeysError, match="unreadable"):
        keys({}, tmp_path)


def test_files_outside_the_project_folder_are_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path / ".env", f"APCA_API_KEY_ID={ID}\nAPCA_API_SECRET_KEY={SECRET}\n")
    (tmp_path / "below").mkdir()
    with pytest.raises(KeysError, match="missing"):
        keys({}, tmp_path / "below")


def test_other_settings_are_found_in_the_same_order(tmp_path: Path) -> None:
    write(tmp_path / ".env", "FMP_API_KEY=fmp0123456789\nAPCA_API_BASE_URL=http://127.0.0.1:1\n")
    sources = read_sources({"APCA_API_BASE_URL": "http://127.0.0.1:2"}, tmp_path)
    assert find_setting(sources, "APCA_API_BASE_URL") == (
        "http://127.0.0.1:2",
        "APCA_API_BASE_URL in the environment",
    )
    secret = find_secret(sources, "FMP_API_KEY")
    assert secret is not None
    assert secret.reveal() == "fmp0123456789"
    assert find_secret(sources, "FMP_BASE_URL") is None
