"""The benchmark: a large invented company, the product served as in production, figures as ratios to a floor."""
