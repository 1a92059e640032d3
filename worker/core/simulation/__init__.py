"""Days that have not come yet, played in memory through the very same `decide`: nothing is read, written or sent."""
