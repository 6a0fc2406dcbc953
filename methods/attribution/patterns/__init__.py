"""Signal patterns of linear neurons: statistics over training data and the backward pass through them.

`windows` cuts out what neurons read, `moments` gathers statistics of it, `estimators` make patterns of these,
`layers` and `propagation` say what each operation of a forward pass becomes, `method` is what the methods share.
"""
