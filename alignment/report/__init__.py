"""What people read of a run: the summary, the HTML report with its plots, the model card."""
