"""A world's people as contacts of the portal."""

from __future__ import annotations

from regulars.testing import World, WorldPerson

from regulars_hubspot.sandbox.portal import Portal

Values = dict[str, str]
_OPTED_OUT = ("unsubscribed", "complained")
_BOUNCES = {"hard": "UNKNOWN_USER", "soft": "MAILBOX_FULL"}


class People:
    """Which contact is which person, and what the last world said of them: only what a new world
    says differently is written, so that changes made on the platform stay."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.contact: dict[str, str] = {}
        self.said: dict[str, Values] = {}

    def populate(self, world: World) -> None:
        """Create, change and archive contacts so that they are those of the world."""
        here = [person for person in world.people if "crm" in person.on]
        for name in {name for person in here for name in person.properties}:
            self._portal.schema.add_text(name)
        for person in here:
            self._put(person)
        keys = {person.key for person in here}
        for key in [key for key in self.contact if key not in keys]:
            self._portal.contacts.archive(self.contact.pop(key), self._portal.now())
            del self.said[key]

    def _put(self, person: WorldPerson) -> None:
        contacts, now = self._portal.contacts, self._portal.now()
        wanted = _values(person)
        before = self.said.get(person.key, {})
        changed = {n: v for n, v in wanted.items() if before.get(n, "") != v}
        changed |= {n: "" for n in before if n not in wanted}
        self.said[person.key] = wanted
        if person.key in self.contact:
            row = contacts.rows.get(self.contact[person.key])
            if changed and row is not None and not row["archived"]:
                contacts.put(row, changed, now)
            return
        # Two people of the world with one address are one contact: HubSpot knows no address twice.
        owner = contacts.owner.get(wanted.get("email", "").lower())
        row = contacts.rows[owner] if owner else contacts.create(changed, now, person.created_at, "IMPORT")
        self.contact[person.key] = row["id"]


def _values(person: WorldPerson) -> Values:
    address = person.spelling.get("crm", person.email or "")
    values = {
        "email": address,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "country": person.country or "",
        "phone": person.phone or "",
        "hs_additional_emails": ";".join(person.other_emails),
        "hs_email_optout": "true" if person.consent in _OPTED_OUT else "",
        "hs_email_hard_bounce_reason_enum": _BOUNCES.get(person.bounced or "", ""),
        "hs_email_bounce": "1" if person.bounced else "",
        **person.properties,
    }
    return {name: value for name, value in values.items() if value}
