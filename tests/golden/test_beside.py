"""The kernels that docs/generated-code.md shows are what the translator makes of them.

    pytest tests/golden --update-golden

writes them anew.
"""

from __future__ import annotations

from benchmarks import beside


def test_the_kernels_in_the_tour_are_true(update_golden: bool) -> None:
    if update_golden:
        beside.main()
    _, heading, text = beside.PAGE.read_text(encoding="utf-8").partition(beside.HEAD)
    assert heading + text == beside.section()
