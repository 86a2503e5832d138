"""A mapped signal takes its day from a property of the same person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from metrics.shop import Shop
from regulars import ConfigError
from regulars.config import SignalEntry
from regulars.config.client import ClientConfig
from regulars.config.load import validated
from regulars.sync import map_signals


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-05-03", datetime(2026, 5, 3, 12, tzinfo=UTC)),
        ("2026-05-03T22:15:00+01:00", datetime(2026, 5, 3, 21, 15, tzinfo=UTC)),
        ("1777766400000", datetime(2026, 5, 3, 12, tzinfo=UTC)),
        ("1777813200500", datetime(2026, 5, 3, 13, 0, 0, 500_000, tzinfo=UTC)),
        ("last spring", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("place", ["custom.club", "tag.club"])
def test_a_signal_is_dated_by_its_property(written: str, at: datetime | None, place: str) -> None:
    with Shop.opened() as shop:
        shop.person("ann", custom=json.dumps({"club": "gold", "joined": written}), tags=["club"])
        shop.store()
        entry = {"from": f"shop:{place}", "kind": "loyalty_member", "at": "custom.joined"}
        map_signals(shop.session, [SignalEntry.model_validate(entry)])
        assert shop.all("SELECT s.kind, s.at FROM signals AS s") == [("loyalty_member", at)]


def test_a_signal_without_such_a_property_has_no_date() -> None:
    with Shop.opened() as shop:
        shop.person("ann", custom=json.dumps({"club": "gold"}))
        shop.store()
        map_signals(shop.session, [SignalEntry.model_validate({"from": "shop:custom.club", "kind": "club"})])
        assert shop.all("SELECT s.value, s.at FROM signals AS s") == [("gold", None)]


def test_the_property_is_read_from_the_platform_and_must_be_one() -> None:
    tables = {"id": "acme", "name": "Acme", "timezone": "Europe/London", "currency": "GBP"}
    signal = {"from": "crm:tag.club", "kind": "loyalty_member", "at": "custom.joined"}
    config = validated(ClientConfig, tables | {"signal": [signal]}, "clients/acme.toml")
    assert config.custom_properties("crm") == ["joined"]
    assert config.custom_properties("shop") == []
    with pytest.raises(ConfigError, match="custom"):
        validated(ClientConfig, tables | {"signal": [signal | {"at": "tag.x"}]}, "clients/acme.toml")
