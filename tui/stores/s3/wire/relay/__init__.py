"""A part of an object that goes from one server to another while it is read, by threads that wait in the system."""
