"""Wording: a message model and a template become a subject, a text part and an HTML part."""
