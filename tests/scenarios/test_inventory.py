"""docs/scenarios.md names a test in Python and one through a door for every scenario, and each of them exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "scenarios.md"
REQUIRED = {*range(1, 32), 35, 37, 38}
ROWS = {
    int(cells[0]): (re.findall(r"`([^`]+)`", cells[3]), re.findall(r"`([^`]+)`", cells[4]))
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text().splitlines()
        if re.match(r"\| \d+ \|", line)
    )
}


DOORS = {"as_user", "page", "pbx", "client"}  # the fixtures that speak HTTP


@cache
def arguments_in(path: str) -> dict[str, set[str]]:
    """Test function → names of its arguments."""
    file = TESTS / path
    if not file.is_file():
        return {}
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
    found = [node for node in nodes if node.name.startswith("test_")]
    assert len(found) == len({node.name for node in found}), f"{path}: one of two tests of a name is never run"
    return {node.name: {argument.arg for argument in node.args.args} for node in found}


def test_every_required_scenario_is_in_the_table_once():
    listed = re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.M)
    assert sorted(map(int, listed)) == sorted(REQUIRED)


@pytest.mark.parametrize("number", sorted(REQUIRED))
def test_a_scenario_has_a_test_in_python_and_another_one_through_the_door(number):
    in_python, at_the_door = ROWS[number]
    assert in_python and at_the_door
    assert not set(in_python) & set(at_the_door)
    for name in (*in_python, *at_the_door):
        path, _, test = name.partition("::")
        assert test in arguments_in(path), name


@pytest.mark.parametrize("number", sorted(REQUIRED))
def test_a_test_of_the_door_asks_over_http(number):
    for name in ROWS[number][1]:
        path, _, test = name.partition("::")
        assert arguments_in(path)[test] & DOORS, name
