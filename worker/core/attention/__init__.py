"""What needs a person this morning, as one ordered list of values: the digest and the preview page show the same."""
