"""A read looks for dead cycles seldom, and leaves the program's own way as it found it."""

import gc

import pytest
from regulars.sync.garbage import SELDOM, seldom_collected


@pytest.fixture(autouse=True)
def own_way():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.enable()
    gc.set_threshold(*before)


class Loop:
    def __init__(self):
        self.itself = self


def alive():
    return sum(isinstance(one, Loop) for one in gc.get_objects())


def way():
    return gc.isenabled(), gc.get_threshold(), gc.get_freeze_count() > 0


def test_within_it_is_looked_seldom_and_not_among_what_was_there():
    with seldom_collected():
        assert gc.get_threshold()[0] >= SELDOM
        assert gc.get_freeze_count() > 1000


def test_afterwards_all_is_as_before_whatever_happened():
    before = way()
    with pytest.raises(ValueError, match="broke"), seldom_collected():
        raise ValueError("broke")
    assert way() == before


def test_what_died_within_is_freed_by_the_next_look():
    with seldom_collected():
        Loop()
        assert alive() == 1
        records = [[] for _ in range(2 * SELDOM)]
        assert alive() == 0
        assert records


def test_one_within_another_changes_nothing_more():
    with seldom_collected():
        outer = way()
        with seldom_collected():
            assert way() == outer
        assert way() == outer


def test_who_turned_collecting_off_keeps_it_off():
    gc.disable()
    with seldom_collected():
        Loop()
        assert not gc.isenabled()
        assert gc.get_freeze_count() == 0
        assert alive() == 1
    assert not gc.isenabled()


def test_who_put_objects_aside_keeps_them_aside():
    gc.freeze()
    with seldom_collected():
        pass
    assert gc.get_freeze_count() > 0
