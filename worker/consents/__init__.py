"""Connecting organisations to their books by a person's consent, looking after that, and ending it: what the commands
do, without words for a terminal."""
