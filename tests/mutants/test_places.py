"""The list of mutants is worth something only while its lines stand in the code and its tests exist."""

import pytest

from tests.mutants.places import PLACES, ROOT


def test_there_are_enough_places_and_each_has_a_name():
    assert len(PLACES) >= 30
    assert len({place.name for place in PLACES}) == len(PLACES)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_the_line_stands_in_the_code_once_and_its_tests_exist(place):
    mutated = place.mutated()
    compile(mutated, place.path, "exec")
    for killer in place.killers:
        path, _mark, name = killer.partition("::")
        assert (ROOT / path).exists(), killer
        if name:
            assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(), killer
