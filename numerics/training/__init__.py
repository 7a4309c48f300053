"""Training of many small models at once, on any backend: optimisers, batches, stopping, gradient flow."""
