"""A file for each seed, so that they run side by side."""


def test_thirty_nights_of_seed_2(thirty_nights):
    figures = thirty_nights(2).figures
    assert figures.nights == 30
    assert figures.written > 500
    assert sum(figures.faults.values()) > 20
