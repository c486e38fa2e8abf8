"""Tables for people and programs: terminal, JSON, CSV, Markdown, HTML."""
