"""The nouns in which every part speaks; imports nothing of ganeval."""
