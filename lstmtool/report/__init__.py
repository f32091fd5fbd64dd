"""Present assessed runs as tables, figures, pages and JSON; opens no file."""
