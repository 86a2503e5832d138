"""The whole night of one client, step by step, resumable; and what a person sees of it afterwards."""
