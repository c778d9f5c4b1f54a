"""记录情况: how well each step of a case was recorded (R2.13), what lacks, who explained it and who confirmed that."""
