"""What launch.py does besides training: one mode a file."""
