"""Moving about with tabs."""
