"""Where customers come from, how far they get, and what that cost."""
