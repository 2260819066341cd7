"""What all tests share: the option ``--check-raises``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from raising import Record, sites, start_recording, unexercised

RECORDS: pytest.StashKey[set[Record]] = pytest.StashKey()
STOP: pytest.StashKey[Callable[[], None]] = pytest.StashKey()
MISSED: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--check-raises",
        action="store_true",
        help="fail unless the tests that ran made every mistake and error of the source (for the whole suite)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--check-raises"):
        config.stash[RECORDS] = set()
        config.stash[STOP] = start_recording(config.stash[RECORDS])


def pytest_unconfigure(config: pytest.Config) -> None:
    if STOP in config.stash:
        config.stash[STOP]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what one of pytest-xdist's workers recorded."""
    if RECORDS in node.config.stash:
        records = getattr(node, "workeroutput", {}).get("raises", [])
        node.config.stash[RECORDS].update((path, line, made) for path, line, made in records)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if RECORDS not in config.stash or config.option.collectonly:
        return
    if hasattr(config, "workeroutput"):
        config.workeroutput["raises"] = sorted(config.stash[RECORDS])
        return
    config.stash[MISSED] = [str(site) for site in unexercised(sites(), config.stash[RECORDS])]
    if config.stash[MISSED] and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if missed := config.stash.get(MISSED, []):
        terminalreporter.section(f"{len(missed)} mistakes or errors that no test makes", red=True)
        for line in missed:
            terminalreporter.write_line(line)
