"""One module a revision, oldest first; never edited once released."""
