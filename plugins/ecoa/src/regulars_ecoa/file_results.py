"""A line of a results file as a result, read as strictly as the answers of an API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from regulars import EcoaRejection, EcoaResult

from regulars_ecoa.file_settings import EcoaFileSettings
from regulars_ecoa.reading import result_of
from regulars_ecoa.table import Row

Result = EcoaResult | EcoaRejection


def columns_needed(settings: EcoaFileSettings) -> Sequence[str]:
    """Headings without which a results file is none."""
    return [settings.heading(name) for name in ("record_key", "code", "new_email")]


def result(row: Row, settings: EcoaFileSettings, where: str) -> Result:
    """One line, or why it is none."""

    def told(name: str) -> str:
        return row.values.get(settings.heading(name), "")

    try:
        moments = {
            name: _moment(told(name), settings) for name in ("permission_at", "permission_sent_at", "expires_at")
        }
        matched_on = _day(told("matched_on"), settings)
    except ValueError:
        return EcoaRejection(told("record_key"), "a date that is none", where)
    if not told("record_key"):
        return EcoaRejection("", "no record key", where)
    raw: dict[str, object] = {
        "record_key": told("record_key"),
        "old_email": told("old_email") or None,
        "new_email": told("new_email") or None,
        "code": told("code"),
        "match_level": told("match_level") or "individual",
        "matched_on": matched_on,
        "flags": [flag.strip() for flag in told("flags").replace(";", ",").split(",") if flag.strip()],
        "expires_at": moments["expires_at"],
    }
    if word := told("permission"):
        asked, answered = moments["permission_sent_at"], moments["permission_at"]
        raw["permission"] = {"status": word, "at": answered, "sent_at": asked}
    if status := told("deliverability"):
        raw["deliverability"] = {"status": status}
    if price := told("price"):
        raw["price"] = {"amount": price, "currency": settings.currency}
    return result_of(raw, settings.words, settings.currency, where)


def _moment(text: str, settings: EcoaFileSettings) -> datetime | None:
    """An instant; a day alone is its beginning in the settings' zone. Raises ValueError."""
    zone = ZoneInfo(settings.timezone)
    if not text:
        return None
    if settings.date_format:
        return datetime.strptime(text, settings.date_format).replace(tzinfo=zone)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _day(text: str, settings: EcoaFileSettings) -> date | None:
    found = _moment(text, settings)
    return found.date() if found else None
