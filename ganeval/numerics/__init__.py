"""Mathematics on arrays: no images, no metrics, no files."""
