"""Shopify connector for Regulars: hook implementations only."""
