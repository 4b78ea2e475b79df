"""Training: losses, batches and the trainer. It runs in a process of its own."""
