"""A search for more than any name: our own page says how much is enough."""

import pytest

from tests.stage import Stage, text_of


@pytest.mark.parametrize("path", ["/search", "/search/results"])
def test_five_thousand_letters_are_too_many_and_two_hundred_are_not(
    stage: Stage, path: str
) -> None:
    visitor = stage.visitor()
    visitor.sign_in()
    assert visitor.get(f"{path}?q={'a' * 200}").status_code == 200
    answer = visitor.get(f"{path}?q={'a' * 5_000}")
    assert answer.status_code == 414
    told = text_of(answer.text)
    assert "A search takes 200 letters at most, and that was 5,000." in told
    asked = visitor.get(f"{path}?q={'a' * 201}", headers={"Accept": "application/json"})
    assert asked.status_code == 414
    assert list(asked.json()) == ["error"]
