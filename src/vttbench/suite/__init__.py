"""Which steps a run consists of: profiles, sessions, order, resume, estimates."""
