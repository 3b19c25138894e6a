"""Incremental: what each channel truly adds, beside what would have come anyway.

`histories` lays out persons, touches and conversions; `strata` groups persons; `intensity` fits want and
effect; `season` takes out the calendar; `programs` leaves
out what is nobody; `proxies` stands in where nobody is seen after a conversion;
`campaigns` parts channels; `posterior` says how sure it is; `belief` weighs priors and experiments;
`estimate` puts them in order; `solving` makes the table; `model` is what reports and the ledger use.
"""
