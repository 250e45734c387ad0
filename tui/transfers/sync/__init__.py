"""One place made like another: what is copied is found by a comparison, what is deleted was shown before."""
