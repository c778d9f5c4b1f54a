"""What leaves as paper: documents set as PDF, each from plain blocks, the same content giving the same bytes."""
