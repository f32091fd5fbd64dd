"""Of networks that learned a task with targets."""
