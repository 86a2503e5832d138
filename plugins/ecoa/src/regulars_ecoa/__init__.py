"""Email Change of Address (ECOA) connector for Regulars: hook implementations only."""
