"""Each touch and each audience is in exactly one of four media."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from regulars.media import CHANNELS, MEDIA, media_of
from regulars.media.classes import _CHANNELS, _KINDS, KINDS

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
YIELDED = sorted(
    {
        found
        for file in PLUGINS.glob("*/src/**/*.py")
        for found in re.findall(r'\bchannel["\']?\s*[=:]\s*["\'](\w+)["\']', file.read_text())
    }
)


def test_there_are_four_and_each_word_is_in_one() -> None:
    assert MEDIA == ("owned", "earned", "unowned", "purchased")
    for words, turned in ((_CHANNELS, CHANNELS), (_KINDS, KINDS)):
        assert sum(len(text.split()) for text in words.values()) == len(turned)


def test_plugins_tell_channels() -> None:
    assert "email" in YIELDED


@pytest.mark.parametrize("channel", YIELDED)
def test_every_channel_that_a_plugin_tells_is_classed(channel: str) -> None:
    assert media_of(channel, "sent") in MEDIA


@pytest.mark.parametrize(
    ("channel", "kind", "told", "media"),
    [
        ("email", "sent", None, "owned"),
        ("email", "sent", "purchased", "purchased"),
        ("Paid Search", "click", None, "purchased"),
        ("instagram", "comment", "nonsense", "unowned"),
        (None, "review", None, "earned"),
        ("", "event", "", "owned"),
        ("pigeon", "sent", None, None),
        (None, "waved", None, None),
    ],
)
def test_the_platform_goes_first_then_the_channel_then_the_kind(
    channel: str | None, kind: str, told: str | None, media: str | None
) -> None:
    assert media_of(channel, kind, told) == media
