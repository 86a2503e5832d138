"""HubSpot connector for Regulars: hook implementations only."""
