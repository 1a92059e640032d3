"""The morning digest and what its readers answer: made, sent once, and obeyed once."""
