"""Reference indicators, norms, technology and pay. Pure, exact fractions inside."""
