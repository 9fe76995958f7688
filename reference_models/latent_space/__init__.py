"""What lies between latents, and along them: paths, sums and directions, judged."""
