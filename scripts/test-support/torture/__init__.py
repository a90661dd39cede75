"""The parts of scripts/torture: writers, disturbances of a running daemon, and an auditor of what came of it."""
