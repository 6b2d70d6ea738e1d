"""What is typed: words and coded terms, typing errors, places, suggestions."""
