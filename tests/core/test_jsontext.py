"""JSON: what is read can be stored, whatever a platform sends."""

from __future__ import annotations

import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars import json_text, read_json

TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x1FFFF), max_size=8)  # with half characters
WHOLE = st.text(st.characters(min_codepoint=1, max_codepoint=0x1FFFF, exclude_categories=["Cs"]), max_size=8)
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
LEAF = st.none() | st.booleans() | NUMBER


def values(texts):
    return st.recursive(
        LEAF | texts, lambda of: st.lists(of, max_size=4) | st.dictionaries(texts, of, max_size=4), max_leaves=8
    )


@given(values(WHOLE))
def test_what_is_written_reads_the_same(value):
    assert read_json(json_text(value)) == value
    assert read_json(json.dumps(value).encode()) == value


@given(values(TEXT))
def test_whatever_was_read_can_be_written_and_is_json_to_the_warehouse(value):
    told = json_text(read_json(json.dumps(value)))
    told.encode()
    assert duckdb.execute("SELECT json_valid(?)", [told]).fetchone() == (True,)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'"Ann \ud83d"', "Ann \ufffd"),
        (rb'"\ude00\ud83d!"', "\ufffd\ufffd!"),
        (rb'["\ud83d\ude00", "\ud83d"]', ["\U0001f600", "\ufffd"]),
        (rb'{"\ud83d": 1}', {"\ufffd": 1}),
        (b'"\xed\xa0\xbd"', "\ufffd"),
    ],
)
def test_half_a_character_becomes_the_sign_for_one_that_is_unknown(sent, read):
    assert read_json(sent) == read


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": 1}x', b"\xff", b"<html>"])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


def test_what_json_cannot_say_is_a_type_error():
    with pytest.raises(TypeError):
        json_text({"at": object()})
