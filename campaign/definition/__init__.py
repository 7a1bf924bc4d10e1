"""What was asked? A YAML file becomes typed models; every error has a line and a column."""
