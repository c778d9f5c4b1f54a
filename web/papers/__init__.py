"""What is printed, as plain blocks in the reader's language: the same for the page that prints and for the PDF."""
