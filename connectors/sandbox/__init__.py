"""A made-up company and its clients, served over real HTTP on this machine in the shapes of an accounting platform.

For trying out, for demonstrations and for every test that needs books. It stands alone (standard library only) and
shares no rule with the engine it serves, so that it can contradict it. Same seed, same
story; the date is always an argument.
"""
