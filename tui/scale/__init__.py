"""What work at scale takes: prices, and estimates of duration and cost by each engine. No requests."""
