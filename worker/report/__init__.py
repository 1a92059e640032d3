"""What people and monitors read: terminal text and JSON made from results. Knows ports and the core only."""
