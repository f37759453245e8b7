"""What a run's folder says, as pages that open in a browser, offline."""
