"""Four media: what the shop owns, what it has earned, what it is lent, and what it rents.

owned      a direct line to somebody who agreed to it: nobody else decides whether a message arrives
earned     others speak of the shop: reviews, recommendations, the press, a search engine's own results
unowned    the shop's place on somebody else's platform, who may close it or hide it: followers, market places
purchased  an audience for as long as it is paid for, and not kept: advertisements, custom audiences
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Media = Literal["owned", "earned", "unowned", "purchased"]
MEDIA: tuple[Media, ...] = get_args(Media)

_CHANNELS: dict[Media, str] = {
    "owned": "email sms phone post push web site app shop store event webinar webcast ticket chat card loyalty",
    "earned": "review reviews referral word_of_mouth press mention search organic",
    "unowned": "social facebook instagram tiktok x twitter youtube pinterest linkedin snapchat threads reddit"
    " whatsapp messenger telegram marketplace amazon ebay etsy",
    "purchased": "ads ad paid display retargeting paid_search paid_social affiliate sponsorship custom_audience",
}
_KINDS: dict[Media, str] = {
    "owned": "sent delivered open click reply bounce unsubscribe complaint visit event ticket sign_up webinar"
    " call invite invitation",
    "earned": "review mention recommendation",
    "unowned": "follow follower like comment share",
    "purchased": "ad impression custom_audience",
}


def _turned(words: Mapping[Media, str]) -> Mapping[str, Media]:
    return {word: media for media, text in words.items() for word in text.split()}


CHANNELS: Mapping[str, Media] = _turned(_CHANNELS)
"""Channel -> its medium."""
KINDS: Mapping[str, Media] = _turned(_KINDS)
"""Kind of touch -> its medium where no channel is told."""


def media_of(channel: str | None, kind: str, told: str | None = None) -> Media | None:
    """The one medium of a touch or an audience: what its platform told, else its channel's, else its kind's.

    None where nobody classed it yet; then it is nobody's line but somebody else's (`OR_ELSE`).
    """
    for medium in MEDIA:
        if told == medium:
            return medium
    if channel:
        return CHANNELS.get(channel.strip().lower().replace(" ", "_"))
    return KINDS.get(kind.strip().lower())


OR_ELSE: Media = "unowned"
"""What an unknown channel counts as: what we do not know is not ours."""
