"""What is asked of the account itself, and marketing e-mail events, over HTTP."""

from __future__ import annotations

from regulars.testing import Answer

from regulars_hubspot.sandbox.portal import Call, Route


def _events(call: Call) -> Answer:
    return Answer.of(call.portal.events.page(dict(call.asked.query), call.portal.now()))


def _campaigns(call: Call) -> Answer:
    numbers = sorted({row["emailCampaignId"] for row in call.portal.events.rows})
    return Answer.of({"hasMore": False, "offset": "", "campaigns": [{"id": n, "appId": 113} for n in numbers]})


EVENTS = (
    Route("GET", "/events", ("content",), _events),
    Route("GET", "/campaigns/by-id", ("content",), _campaigns),
)
