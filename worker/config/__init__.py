"""What people write: option models, the loader that keeps line numbers, and resolution per client.

Import `worker.config.load` and `worker.config.resolve` where they are needed: they bring pydantic and PyYAML along,
which a command that reads no configuration should not pay for. `worker.config.values` holds plain values only.
"""
