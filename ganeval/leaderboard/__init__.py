"""Rules, submissions, checks, standings and the page."""
