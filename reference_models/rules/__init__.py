"""DCGAN's four rules, checked on any torch module."""
