"""The story on simulated platforms, and a person's own order lines turned into numbers."""
