"""What people read about a run: the summary, the HTML report with its plots, the model card."""
