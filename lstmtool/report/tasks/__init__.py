"""Reports of networks trained on a task with targets."""
