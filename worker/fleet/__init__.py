"""Many organisations: one job each on procrastinate, PostgreSQL's own queue; one sweep at a time per organisation."""
