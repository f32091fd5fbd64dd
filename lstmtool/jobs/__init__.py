"""What commands do: read, compute with progress and a way to stop, write."""
