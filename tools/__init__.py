"""Development tools: set-up, the linter, sizes and the strict compilation."""
