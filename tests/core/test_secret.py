"""A secret prints as its reference; what is known is taken out of any text."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from regulars import Secret
from regulars.secret import Redactor

VALUE = "s3cr+t/äöü-42"


def test_a_secret_prints_as_its_reference():
    secret = Secret("token", VALUE)
    assert f"{secret} {secret!r} {[secret]}" == "secret:token secret:token [secret:token]"
    assert secret.reveal() == VALUE


@given(st.text(max_size=40), st.text(max_size=40), st.text(st.characters(exclude_categories=("Cs",)), min_size=6))
def test_a_known_value_is_in_no_form_in_a_cleaned_text(before, after, value):
    redactor = Redactor()
    redactor.learn(value)
    forms = (value, quote(value, safe=""), base64.b64encode(value.encode()).decode(), value.encode().hex())
    for form in forms:
        cleaned = redactor.clean("x" + form + "y")
        assert cleaned == "x[secret]y" or form in "x[secret]y"


def test_the_longer_of_two_secrets_goes_first():
    redactor = Redactor()
    redactor.learn("abcdef")
    redactor.learn("abcdefghij")
    assert redactor.clean("abcdefghij abcdef") == "[secret] [secret]"


def test_values_too_short_to_be_secrets_are_left():
    redactor = Redactor()
    redactor.learn("us19")
    assert redactor.clean("us19") == "us19"
