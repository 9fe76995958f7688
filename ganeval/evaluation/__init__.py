"""From images to a report."""
