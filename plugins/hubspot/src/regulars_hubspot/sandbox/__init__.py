"""HubSpot, simulated: one portal's contacts, properties, lists, search index and limits."""

from regulars_hubspot.sandbox.platform import HubSpotSandbox

__all__ = ["HubSpotSandbox"]
