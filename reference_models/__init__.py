"""Reference models and their data. Nothing here is imported by ganeval; trainers arrive with the end-to-end benchmark."""
