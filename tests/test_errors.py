import pickle

import pytest

from padleak.errors import InputError


@pytest.mark.parametrize(
    ("value", "cure", "message"),
    [
        (0, "", "length must be at least 1; got 0."),
        ("two", "Write 2.", "length must be at least 1; got two. Write 2."),
        ("", "", "length must be at least 1; got ''."),
    ],
)
def test_message_says_what_it_must_be_what_it_was_and_what_to_do(value, cure, message):
    assert str(InputError("length", "at least 1", value, cure)) == message


def test_an_error_comes_back_from_a_worker_as_it_was():
    error = InputError("length", "at least 1", 0, "Write 1.")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is InputError
    assert (str(back), back.argument) == (str(error), "length")
