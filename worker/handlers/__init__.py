"""Functions: a platform's event in, one invocation of the engine out. Each under 25 lines."""
