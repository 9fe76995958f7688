"""One file, one extractor: what turns an image into feature rows."""
