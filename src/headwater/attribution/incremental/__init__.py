"""Incremental: what each channel truly adds, beside what would have come anyway.

`histories` lays out persons, touches and conversions; `strata` groups persons; `programs` leaves out what is
nobody; `intensity` fits want and effect; `season` takes out the calendar; `proxies` stands in where a conversion
ends wanting; `splitting` sees what several identifiers hide, `upstream` what comes through other channels;
`campaigns` parts channels; `posterior` says how sure it is; `belief` weighs priors and experiments; `estimate`
puts them in order; `solving` makes the table; `model` is what reports and the ledger use.
"""
