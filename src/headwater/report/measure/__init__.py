"""What several reports measure: credit, spend, intervals, money in another currency, what stands behind."""
