"""What people read: figures, the page, and the words. Starts without Keras."""
