"""The model of regulars.toml: the agency's name, its plugins and the defaults of all its clients."""

from __future__ import annotations

from pydantic import Field

from regulars.config.client import Zone
from regulars.config.sections import Section, Sections


class AgencyTable(Section):
    """Table `agency`; the zone is used for the console and nothing else."""

    name: str
    timezone: Zone


class PluginsTable(Section):
    """Table `plugins`: entry points that are not even imported."""

    disabled: list[str] = Field(default=[])


class ClockTable(Section):
    """Table `clock`: a file that holds the instant of a simulated clock, for demonstrations."""

    simulated: str | None = None


class AgencyConfig(Section):
    """The whole of regulars.toml."""

    agency: AgencyTable
    plugins: PluginsTable = PluginsTable()
    clock: ClockTable = ClockTable()
    defaults: Sections = Sections()

    @property
    def name(self) -> str:
        """The agency's name."""
        return self.agency.name

    @property
    def timezone(self) -> str:
        """The agency's own zone."""
        return self.agency.timezone
