"""What two places compared say, in words and symbols."""
