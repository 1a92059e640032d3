"""The preview page: what a bookkeeper sees of every firm, as plain files to open in any browser."""
