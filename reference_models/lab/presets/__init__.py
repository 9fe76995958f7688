"""One preset of the failure lab a file."""
