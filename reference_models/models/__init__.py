"""Networks and how they learn; a model is one file that ends in `RECIPE = …`."""
