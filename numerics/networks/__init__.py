"""Networks of one architecture, many at once, as plain operations on arrays of any backend."""
