"""What a client writes under a Mailchimp connection."""

from __future__ import annotations

from pydantic import Field
from regulars import Secret, Settings


class MailchimpSettings(Settings):
    """Access to one audience, by an API key or by an OAuth token with its data centre."""

    key: Secret = Field(
        description="API key, such as 0123456789abcdef0123456789abcdef-us19, or an OAuth access token"
    )
    data_centre: str = Field(
        default="",
        pattern="^([a-z]{2}[0-9]+)?$",
        description="Only for an OAuth token: its data centre, such as us19",
    )
    audience: str = Field(description="Audience ID (Audience > Settings > Audience ID)", pattern="^[0-9a-zA-Z]+$")
    concurrency: int = Field(
        default=4, ge=1, le=4, description="Requests at a time; the account allows 10 to all of its integrations"
    )
    reports_days: int = Field(
        default=365, ge=0, description="How many days back campaign reports are read (0: not at all)"
    )
    orders: bool = Field(
        default=False, description="Read the e-commerce orders kept in Mailchimp: only where no shop is connected"
    )
    from_name: str = Field(default="", description="Sender's name in campaign drafts (empty: the audience's)")
    reply_to: str = Field(default="", description="Reply address in campaign drafts (empty: the audience's)")
