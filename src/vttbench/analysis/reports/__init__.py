"""What analysis found, as text for people (terminal, Markdown) and as JSON for programs."""
