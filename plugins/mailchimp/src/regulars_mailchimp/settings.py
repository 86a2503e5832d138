"""What a client writes under a Mailchimp connection."""

from __future__ import annotations

from pydantic import Field
from regulars import Secret, Settings


class MailchimpSettings(Settings):
    """Access to one audience."""

    key: Secret = Field(description="API key, such as 0123456789abcdef0123456789abcdef-us19")
    audience: str = Field(description="Audience ID (Audience > Settings > Audience ID)", pattern="^[0-9a-zA-Z]+$")
    concurrency: int = Field(
        default=4, ge=1, le=4, description="Requests at a time; the account allows 10 to all of its integrations"
    )
    reports_days: int = Field(
        default=365, ge=0, description="How many days back campaign reports are read (0: not at all)"
    )
