"""The commands, a module for a few of each. Anything heavier than click is imported inside the command."""
