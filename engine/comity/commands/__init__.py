"""The commands, one module each: options in, text out, an exit code. No logic of their own."""
