"""What the station says to people, in Chinese and English."""
