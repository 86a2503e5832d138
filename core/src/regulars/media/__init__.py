"""Owned media: whom the shop can talk to without renting, what the rest is worth, and how people get there."""

from regulars.media.classes import CHANNELS, MEDIA, Media, media_of
from regulars.media.report import Audience, OwnedMedia, owned_media

__all__ = ["CHANNELS", "MEDIA", "Audience", "Media", "OwnedMedia", "media_of", "owned_media"]
