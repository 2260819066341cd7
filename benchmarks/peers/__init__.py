"""What the benchmark of speed compares: networks, and libraries that train them."""
