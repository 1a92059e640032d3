"""The vault: saved connections, sealed, in files or in the logbook database, under a key kept elsewhere."""
