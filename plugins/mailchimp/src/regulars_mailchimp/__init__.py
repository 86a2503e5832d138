"""Mailchimp connector for Regulars: hook implementations only."""
