"""Training: the losses, the batch plan and the trainer, which runs in a child process."""
