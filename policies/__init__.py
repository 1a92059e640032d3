"""What a bookkeeper edits: preset policies and wording."""
