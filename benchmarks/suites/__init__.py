"""One file, one suite: each ends in `SUITE = Suite(…)`."""
