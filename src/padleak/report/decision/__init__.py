"""What should one do? Ways, measured side by side; which are on the front; and what follows from that, in sentences."""
