"""Books: one package per accounting platform, each behind the Books port."""
