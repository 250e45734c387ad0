"""Roles of jobs on the demo, which carries jobs out with the permissions of their roles."""
