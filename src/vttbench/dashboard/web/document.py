"""The document around the application, and what a browser may do with it."""

from __future__ import annotations

import flask

# The theme is set before anything is painted, so that a dark page does not flash.
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{%title%}</title>
  <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
  <script>
    (function () {
      var chosen = null;
      try { chosen = localStorage.getItem("theme"); } catch (error) { /* private window */ }
      var asked = new URLSearchParams(location.search).get("print") ? "light" : chosen;
      var dark = matchMedia("(prefers-color-scheme: dark)").matches;
      document.documentElement.dataset.theme = asked || (dark ? "dark" : "light");
    })();
  </script>
  {%css%}
</head>
<body>
  <noscript>The dashboard needs JavaScript. Without it: <code>vttbench report</code>.</noscript>
  {%first%}
  {%app_entry%}
  <footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>
"""

# Nothing is fetched from, or sent to, any other machine.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)


def protect(server: flask.Flask) -> None:
    """Have every answer say what a browser may do with it, and how long it may keep it."""

    @server.after_request
    def add_headers(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if flask.request.path.startswith("/assets/") and "m" in flask.request.args:
            # The address names the file's time: another file has another address.
            response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        return response
