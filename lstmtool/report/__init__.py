"""From a run and its assessment to tables, figures, a page and a document; opens no file."""
