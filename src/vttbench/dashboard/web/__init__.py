"""How the pages reach a browser: Dash, Flask and gunicorn."""
