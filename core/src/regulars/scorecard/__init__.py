"""Six figures a month, and what will be left of the customers if nothing is done."""
