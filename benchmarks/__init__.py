"""What shows ganeval at work: the demo, and the tables generated for the documents."""
