"""Failures of a training, one detector a file: each reads a course of numbers, none reads images."""
