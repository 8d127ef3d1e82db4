"""environment -> drift report: its files held against its receipt, its checks run again."""
